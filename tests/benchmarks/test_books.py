"""The benchmark of books: reading, the rule for short lists, and baselines among own books."""

import numpy as np
import pytest

from benchmarks import books
from benchmarks._books_data import books_folder, read_content, read_published, read_ratings
from mmclassic.recommend import PopularRecommender

TRAIN = "1\t10\t1\n1\t11\t0\n2\t12\t1\n3\t12\t1\n3\t11\t1\n"
# Reader 1 likes 12 and 13 of three test books, reader 2 one of two, reader 3 none.
TEST = "1\t12\t1\n1\t13\t1\n1\t14\t0\n2\t10\t0\n2\t11\t1\n3\t10\t0\n"
# Book 99 is nobody's.
FACTS = (
    "head_id:token\ttail_id:token\trelation_id:token\n10\t77\t7\n10\t78\t2\n12\t77\t7\n12\t77\t2\n"
)
TITLES = "".join(f"{i}\tBook {i}; or not;http://books/{i}\n" for i in (10, 11, 12, 13))
LISTS = "1\t12\t0.9\n1\t14\t0.5\n1\t13\t0.5\n2\t99\t0.8\n2\t11\t0.3\n3\t10\t0.1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "dbbook"
    (folder / "published").mkdir(parents=True)
    (folder / "train.tsv").write_text(TRAIN)
    (folder / "test.tsv").write_text(TEST)
    (folder / "dbbook.kg").write_text(FACTS)
    (folder / "mapping_items.tsv").write_text(TITLES)
    (folder / "published" / "Model.tsv").write_text(LISTS)
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    return folder


def test_the_parts(folder):
    assert books_folder() == folder
    train, test = read_ratings(folder)
    assert train.n_interactions == 5
    assert test.to_frame()["rating"].tolist() == [1, 1, 0, 0, 1, 0]
    assert train.items.tolist() == test.items.tolist() == [10, 11, 12, 13, 14]
    assert books.asking(test).tolist() == [1, 2]


def test_facts_are_whole_terms_and_titles_end_before_the_address(folder):
    views = read_content(folder, np.array([10, 11, 12, 13, 14]))
    assert views.mask("facts").tolist() == [True, False, True, False, False]
    assert views.mask("title").tolist() == [True] * 4 + [False]
    assert views["facts"].getnnz(axis=1).tolist() == [2, 0, 2, 0, 0]
    assert (views["facts"][0] != 0).multiply(views["facts"][2] != 0).nnz == 1
    assert views["title"].getnnz(axis=1).tolist() == [4, 4, 4, 4, 0]


def test_published_lists_by_hand(folder):
    _, test = read_ratings(folder)
    lists = books.published_lists(read_published(folder)["Model"], test)
    found = books.judge(lists, test)
    np.testing.assert_allclose(found["P@5"], [2 / 3, 1 / 2])
    np.testing.assert_allclose(found["F1@5"], [2 * (2 / 3) / (5 / 3), 2 * (1 / 2) / (3 / 2)])
    second, third = 1 / np.log2(3), 1 / np.log2(4)
    np.testing.assert_allclose(found["nDCG@5"], [(1 + third) / (1 + second), second])


def test_baselines_rank_the_readers_own_books(folder):
    train, test = read_ratings(folder)
    lists = books.own_lists(PopularRecommender().fit(None, train), test)
    assert lists.askers.tolist() == [1, 2]
    # Two like 12, nobody 13 and 14; of reader 2's books one likes each.
    assert lists.items[lists.order[0, :3]].tolist() == [12, 13, 14]
    assert lists.items[lists.order[1, :2]].tolist() == [10, 11]
    assert lists.lengths.tolist() == [3, 2]


def test_rows(folder):
    rows = books.run(quick=True)
    methods = {row.method for row in rows}
    assert {"Model (published)", "random", "share of likes, damped"} <= methods
    assert {books.BEST, "less Model (published)"} <= methods
    assert {row.metric for row in rows} == {"P@5", "F1@5", "nDCG@5"}


def test_no_data(tmp_path, monkeypatch):
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="put the data set 'dbbook' into the folder"):
        books.run(quick=True)
