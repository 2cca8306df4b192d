"""CrossModalSearch."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.naive_bayes import GaussianNB

from mmclassic.align import SemanticMatching
from mmclassic.exceptions import ShortListWarning
from mmclassic.recommend import CrossModalSearch
from mmclassic.views import Views


@pytest.fixture
def gallery():
    return Views(
        {
            "image": np.array([[1.0, 0], [0, 1], [np.nan, np.nan], [np.nan, np.nan]]),
            "text": np.array([[0.0, 1], [np.nan, np.nan], [3, 4], [np.nan, np.nan]]),
        },
        present=[[True, True], [True, False], [False, True], [False, False]],
    )


def found_by(search, *args, **options):
    table = search.search(*args, **options)
    return dict(zip(table["item_id"], table["score"].round(6)))


def test_score_is_the_mean_over_the_views_an_item_has(gallery):
    search = CrossModalSearch().fit(gallery, ids=["both", "image", "text", "none"])
    found = search.search([[0.0, 7.0]], k=3)
    assert found.columns.tolist() == ["query", "item_id", "rank", "score"]
    assert found["item_id"].tolist() == ["image", "text", "both"]
    np.testing.assert_allclose(found["score"], [1.0, 0.8, 0.5], atol=1e-7)
    assert found["rank"].tolist() == [1, 2, 3]


def test_target_looks_at_one_view_only(gallery):
    search = CrossModalSearch().fit(gallery, ids=["both", "image", "text", "none"])
    assert found_by(search, [[0.0, 7.0]], 2, target="text") == {"both": 1.0, "text": 0.8}
    assert found_by(search, [[0.0, 7.0]], 2, target="image") == {"image": 1.0, "both": 0.0}
    with pytest.warns(ShortListWarning, match="1 of 1 queries have fewer than k=3"):
        assert len(search.search([[0.0, 7.0]], 3, target="text")) == 2
    with pytest.warns(ShortListWarning, match="k=4") as caught:
        lists = search.rank([[0.0, 7.0], [1.0, 0.0]], 4)
    assert len(caught) == 1
    assert lists.items.tolist() == ["both", "image", "text"]
    assert lists.order.tolist() == [[1, 2, 0, -1], [2, 0, 1, -1]]
    assert lists.askers.tolist() == [0, 1]
    with pytest.raises(ValueError, match="no view named 'sound'"):
        search.search([[0.0, 7.0]], 1, target="sound")


def test_a_query_is_the_mean_of_its_unit_length_views(gallery):
    search = CrossModalSearch().fit(np.array([[1.0, 1.0], [1.0, 0.0]]))
    query = Views(
        {"a": np.array([[100.0, 0.0], [5.0, 0.0]]), "b": np.array([[0.0, 1.0], [np.nan, np.inf]])},
        present=[[True, True], [True, False]],
    )
    found = search.search(query, k=1)
    assert found["item_id"].tolist() == [0, 1]
    np.testing.assert_allclose(found["score"], [1.0, 1.0])


def test_a_euclidean_query_is_the_plain_mean_of_its_views():
    search = CrossModalSearch("euclidean").fit([[2.0, 3.0], [4.0, 6.0]])
    query = Views({"a": np.array([[4.0, 0.0]]), "b": np.array([[0.0, 6.0]])})
    found = search.search(query, k=2)
    assert found["item_id"].tolist() == [0, 1]
    np.testing.assert_allclose(found["score"], [0.0, -np.sqrt(4 + 9)], atol=1e-6)


def test_a_query_may_be_of_a_modality_that_the_gallery_lacks():
    search = CrossModalSearch().fit(Views({"image": np.eye(3)}), ids=["x", "y", "z"])
    found = search.search(Views({"text": np.array([[0.0, 0.1, 0.9]])}), k=2)
    assert found["item_id"].tolist() == ["z", "y"]


@pytest.mark.parametrize(
    ("metric", "scores"),
    [
        ("euclidean", [-1.0, -2.0]),
        ("manhattan", [-1.0, -2.0]),
        ("dot", [26.0, 26.0]),
        ("cosine", [1.0, 1.0]),
        ("pearson", [1.0, 1.0]),
        ("spearman", [1.0, 1.0]),
    ],
)
def test_metrics(metric, scores):
    search = CrossModalSearch(metric).fit([[5.0, 1.0], [5.0, 0.0]])
    if metric in ("euclidean", "manhattan"):
        found = search.search(Views({"a": np.array([[5.0, 2.0]])}), 2)
        assert found["item_id"].tolist() == [0, 1]
    else:
        found = search.search([[5.0, 1.0]], 1).iloc[[0, 0]]
    np.testing.assert_allclose(found["score"], scores, atol=1e-6)


def test_pearson_centres_each_view_of_the_query():
    search = CrossModalSearch("pearson").fit(np.eye(3))
    shifted = Views({"a": np.array([[1000.0, 1000.0, 1001.0]]), "b": np.array([[0.0, 0.0, 1.0]])})
    found = search.search(shifted, 1)
    assert found["item_id"].tolist() == [2]
    np.testing.assert_allclose(found["score"], [1.0], atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_blocks_and_company_do_not_matter(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    search = CrossModalSearch().fit(rng.normal(size=(40, 6)))
    queries = rng.normal(size=(9, 6))
    whole = search.search(queries, 5)
    for i in range(9):
        alone = search.search(queries[[i]], 5)
        assert alone["item_id"].tolist() == whole.loc[whole["query"] == i, "item_id"].tolist()
    monkeypatch.setattr("mmclassic.recommend._ranking._BLOCK_ELEMENTS", 80)
    assert search.search(queries, 5).equals(whole)


def test_sparse_agrees_with_dense():
    rng = np.random.default_rng(0)
    gallery, queries = rng.poisson(0.5, (20, 8)) * 1.0, rng.poisson(0.5, (5, 8)) * 1.0
    dense = CrossModalSearch().fit(gallery).search(queries, 4)
    sparse = CrossModalSearch().fit(sp.csr_array(gallery)).search(sp.csr_array(queries), 4)
    assert sparse["item_id"].tolist() == dense["item_id"].tolist()
    np.testing.assert_allclose(sparse["score"], dense["score"], atol=1e-6)


def test_errors(gallery):
    with pytest.raises(ValueError, match=r"share one space.*\{'a': 2, 'b': 3\}"):
        CrossModalSearch().fit(Views({"a": np.ones((2, 2)), "b": np.ones((2, 3))}))
    with pytest.raises(ValueError, match="items have 4 rows and ids 2"):
        CrossModalSearch().fit(gallery, ids=["a", "b"])
    with pytest.raises(ValueError, match="item ids must be distinct"):
        CrossModalSearch().fit(gallery, ids=list("aabc"))
    search = CrossModalSearch().fit(gallery)
    with pytest.raises(ValueError, match=r"space of 2 components; got views of widths \{'x0': 3\}"):
        search.search([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match=r"query 1 has none of the views \['text'\]"):
        search.search(Views({"text": np.ones((2, 2))}, present=[[True], [False]]))
    with pytest.raises(ValueError, match="NaN"):
        search.search(Views({"text": np.array([[np.nan, 1.0]])}))
    with pytest.raises(ValueError, match="at least 1; got 0"):
        search.search([[1.0, 0.0]], 0)


def test_posteriors_are_searched_by_the_metric_that_their_aligner_names():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=60)
    views = Views({name: 2 * np.eye(3)[y] + rng.normal(size=(60, 3)) for name in ("a", "b")})
    matching = SemanticMatching(GaussianNB()).fit(views, y)
    space = matching.transform(views)
    search = CrossModalSearch(matching.similarity_metric).fit(space.select("b"))
    found = search.search(space[:5].select("a"), k=60)
    expected = np.sort(space["a"][:5] @ space["b"].T)[:, ::-1]
    np.testing.assert_allclose(found["score"].to_numpy().reshape(5, 60), expected, rtol=1e-6)
