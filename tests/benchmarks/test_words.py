"""What the benchmark of words counts, and how its tasks are made."""

import numpy as np
import pytest

from benchmarks import _word_tasks as tasks
from benchmarks import words

TASK = tasks.Task(
    "shop",
    {"text": ["red shirt", "blue shirt", "tin robot", "red robot"]},
    ["red", "robot", "zebra"],
    [{0, 3}, {3}, {1}],
    "three queries",
    excluded=[np.array([0]), np.array([], int), np.array([], int)],
)


def test_recall_is_of_ten_and_the_rank_that_of_the_first():
    assert words.judged([5, 2, 9], {2, 9, 7, 8}) == (0.5, 0.5)
    assert words.judged(list(range(30)), set(range(5, 30))) == (0.5, 1 / 6)
    assert words.judged([], {1}) == (0.0, 0.0)


def test_what_is_excluded_does_not_count_and_a_query_that_says_nothing_finds_nothing():
    rows = words.measure(TASK, {"plain": (words.plain, "told"), "before": (words.before, "told")})
    found = {(row.method, row.metric): row.value for row in rows}
    # "red" finds 3 of 0 and 3, where 0 does not count; "robot" finds 2 or 3; "zebra" nothing.
    for name in ("plain", "before"):
        assert found[name, words.RECALL] == pytest.approx((1 / 2 + 1 + 0) / 3)
        assert found[name, words.MRR] in (pytest.approx(2 / 3), pytest.approx(1 / 2))
        assert found[name, words.COST] > 0


def test_some_queries_keep_what_is_right_for_them():
    some = TASK.some(2)
    assert len(some.queries) == len(some.right) == len(some.excluded) == 2
    assert all(TASK.right[TASK.queries.index(q)] == r for q, r in zip(some.queries, some.right))


def test_a_slip_is_no_word_and_a_form_is_one_of_another_text(monkeypatch):
    texts = ["running horses", "a horse and carts", "stone"]
    slips = tasks._mistyped(texts)
    known = {word for text in texts for word in tasks.words_of(text)}
    assert slips.queries
    assert not set(slips.queries) & known
    monkeypatch.setattr(tasks, "country_texts", lambda: ["stones carts horse mined"])
    forms = tasks._inflected(texts)
    assert dict(zip(forms.queries, forms.right)) == {"stones": {2}}
    monkeypatch.setenv("MMCLASSIC_DATA", "nowhere")
    assert tasks.citations(10) is None


def test_a_hidden_tag_is_in_no_form_in_its_item():
    names = [f"thing{i}" for i in range(40)]
    task = tasks._hidden(names, [["castle", "river", "castles"]] * 40)
    for query, right, out in zip(task.queries, task.right, task.excluded):
        for place in right:
            assert not tasks._beginnings(query) & tasks._beginnings(task.texts["text"][place])
            assert place not in out
