"""Searches by words that no text has, and by terms of what is found first."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.cli import main
from mmclassic.exceptions import QueryWarning
from mmclassic.features import ModalityExtractor, NumericVectorizer, TextVectorizer
from mmclassic.pipeline._feedback import expand
from mmclassic.views import Views

ITEMS = pd.DataFrame(
    {
        "item_id": [*"abcdefgh"],
        "title": ["red shirt", "blue shirt", "tin robot", "host", "the", None, "red hat", "红衬衫"],
        "about": ["striped cotton", None, "toy of tin", "inn", "who", "cotton", "felt", "棉"],
        "price": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
    }
)


@pytest.fixture(scope="module")
def model():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MultimodalRecommender(
            text={"title": "title", "about": ["about"]}, numeric="price", aligner="passthrough"
        ).fit(ITEMS)


def test_a_word_read_as_another_finds_what_that_finds_and_says_so(model):
    with pytest.warns(QueryWarning, match=r"query 0: read 'robott' as 'robot'\.") as told:
        found = model.search("robott", k=2)
    assert len(told) == 1
    assert [reading.word for reading in told[0].message.readings] == ["robott"]
    pd.testing.assert_frame_equal(found, model.search("robot", k=2))
    assert found.columns.tolist() == ["query", "item_id", "rank", "score", "weak"]
    assert found["weak"].dtype == bool
    assert not found["weak"].any()


def test_a_weak_reading_marks_the_rows_of_its_query(model):
    with pytest.warns(QueryWarning, match=r"2 words of the queries.*read 'ghost' as .*\(weak\)"):
        found = model.search(["red", "ghost", "xyzzy hat"], k=2)
    assert found["weak"].tolist() == [False, False, True, True, True, True]
    assert found.loc[found["query"] == 1, "item_id"].iloc[0] == "d"


def test_a_word_that_one_view_knows_is_not_read_in_another(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Titles have "host" and no "cotton"; what is told of has "cotton" and neither of these.
        model.search("cotton host tin", k=3)
        model.search(about="inn", k=1)
        for query in ({"numeric": [3.0]}, {"text": "红", "numeric": [1.0]}):
            assert not model.search(k=2, **query)["weak"].any()
    with pytest.warns(QueryWarning, match="read 'hosst'"):
        assert model.search(title="hosst", k=1)["item_id"].tolist() == ["d"]


def test_stop_words_alone_and_unknown_characters_search_as_they_did(model):
    assert model.search("the", k=1)["item_id"].tolist() == ["e"]
    assert set(model.search("红色", k=1)["item_id"]) == {"h"}
    with pytest.raises(ValueError, match="query 1 says nothing"):
        model.search(["red", "绿"], k=1)
    with pytest.warns(QueryWarning, match="read 'robottt'"):
        mixed = model.search("红 robottt", k=2)
    assert set(mixed["item_id"]) == {"c", "h"}


def test_a_query_like_no_word_is_an_error_and_new_items_are_as_before(model):
    with pytest.raises(ValueError, match="query 0 says nothing"):
        model.search("xyzzy")
    new = pd.DataFrame({"item_id": ["new"], "title": ["robott"]})
    with pytest.raises(ValueError, match="item 'new' says nothing"):
        model.similar(new)


def test_a_loaded_model_reads_the_same(model, tmp_path):
    mmclassic.save(model, tmp_path / "m.skops")
    loaded = mmclassic.load(tmp_path / "m.skops")
    with pytest.warns(QueryWarning):
        found = loaded.search(["stripd cottn", "ghost"], k=4, feedback=2)
    with pytest.warns(QueryWarning):
        pd.testing.assert_frame_equal(
            found, model.search(["stripd cottn", "ghost"], k=4, feedback=2)
        )


def test_feedback_by_hand():
    items = Views({"text": sp.csr_matrix([[3.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 9.0]])})
    query = Views({"text": sp.csr_matrix([[2.0, 0.0, 0.0]])})
    best = pd.DataFrame({"query": [0, 0, 0], "row": [0, 1, 2], "score": [3.0, 1.0, -1.0]})
    # Shares of the first two, 3 to 1: 3/4 (3/4, 1/4, 0) + 1/4 (0, 1/2, 1/2) = (18, 10, 4) / 32;
    # with the query (50, 10, 4) / 64, as long as the query.
    expected = np.array([[50.0, 10.0, 4.0]]) * 2 / np.sqrt(50**2 + 10**2 + 4**2)
    found = expand(query, items, best, ["text"])["text"]
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-12)
    # Items without the view, and queries that found nothing, add nothing.
    absent = Views(items.blocks, np.array([[False], [True], [True]]))
    only = expand(query, absent, best, ["text"])["text"].toarray()
    np.testing.assert_allclose(only, np.array([[2, 1, 1]]) * 2 / 6**0.5, rtol=1e-12)
    assert (expand(query, items, best[2:], ["text"])["text"] != query["text"]).nnz == 0


def test_feedback_takes_the_ten_strongest_terms():
    weights = np.arange(1.0, 16.0)
    items = Views({"text": sp.csr_matrix(weights[None])})
    query = Views({"text": sp.csr_matrix(np.eye(1, 15))})
    best = pd.DataFrame({"query": [0], "row": [0], "score": [1.0]})
    found = expand(query, items, best, ["text"])["text"].toarray()[0]
    assert np.flatnonzero(found).tolist() == [0, *range(5, 15)]
    np.testing.assert_allclose(found[14] / found[5], 15 / 6)
    np.testing.assert_allclose(found[0] / found[5:].sum(), 1.0)


def test_feedback_finds_what_shares_no_word_with_the_query(model):
    alone = model.search("striped", k=8).set_index("item_id")["score"]
    fed = model.search("striped", k=8, feedback=1).set_index("item_id")["score"]
    # Item f has "cotton" as the first of the striped ones has, and nothing of the query.
    assert fed["f"] > alone["f"]
    pd.testing.assert_frame_equal(model.search("red", k=3), model.search("red", k=3, feedback=0))
    assert len(model.search(["red", "tin"], k=2, feedback=99)) == 4


@pytest.mark.parametrize("feedback", [-1, 1.5, True, "2"])
def test_feedback_is_a_number_of_items(model, feedback):
    with pytest.raises(ValueError, match="feedback is a number of items"):
        model.search("red", feedback=feedback)


def test_feedback_needs_terms(model):
    with pytest.raises(ValueError, match=r"none of its views \['numeric'\] has columns that are"):
        model.search(numeric=[8.0], feedback=3)
    extractor = ModalityExtractor(
        [("text", TextVectorizer(n_components=2), "title"), ("n", NumericVectorizer(), "price")]
    )
    components = MultimodalRecommender(extractor=extractor, aligner="passthrough").fit(ITEMS)
    with pytest.raises(ValueError, match=r"none of its views \['text'\]"):
        components.search("red", feedback=3)


def test_the_command_line_tells_what_was_read_on_standard_error(model, tmp_path, capsys):
    path = tmp_path / "m.skops"
    mmclassic.save(model, path)
    assert main(["search", str(path), "--text", "robott", "-k", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "mmclassic: read 'robott' as 'robot'\n"
    assert list(json.loads(out)[0]) == ["item_id", "rank", "score"]
    assert main(["search", str(path), "--text", "ghost", "-k", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("mmclassic: read 'ghost' as 'host'")
    assert "(weak)" in err
    assert [row["weak"] for row in json.loads(out)] == [True, True]
