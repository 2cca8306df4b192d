"""Ratings: which of several counts, and what counts as liked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmclassic
from mmclassic.interactions import Interactions


def rated(rows, **options):
    """Interactions of (user, item, rating) or (user, item, rating, time)."""
    names = ["user_id", "item_id", "rating", "timestamp"]
    frame = pd.DataFrame(rows, columns=names[: len(rows[0])])
    return Interactions.from_frame(frame, **options)


def test_a_column_of_ratings_makes_them_explicit():
    interactions = rated([("u", 1, 4.5), ("v", 1, 0.0)])
    assert interactions.explicit
    assert interactions.weight.tolist() == [4.5, 0.0]
    assert interactions.scale == (0.0, 4.5)
    assert interactions.to_frame().columns.tolist() == ["user_id", "item_id", "rating"]
    again = Interactions.from_frame(interactions.to_frame())
    assert again.explicit
    assert interactions.select([True, False]).scale == (0.0, 4.5)


def test_of_repeated_ratings_the_latest_counts():
    rows = [("u", 1, 5.0, 20), ("u", 1, 1.0, 10), ("u", 2, 2.0, 7), ("u", 2, 0.0, 7)]
    np.testing.assert_array_equal(rated(rows).to_csr().toarray(), [[5, 0]])
    without_times = rated([row[:3] for row in rows])
    np.testing.assert_array_equal(without_times.to_csr().toarray(), [[1, 0]])
    assert without_times.to_csr().nnz == 2
    assert without_times.n_interactions == 4


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 5), st.integers(0, 4)),
        min_size=1,
    )
)
def test_the_latest_rating_is_that_of_a_slow_loop(rows):
    interactions = rated(rows, users=range(4), items=range(4))
    expected = {}
    for user, item, rating, _ in sorted(rows, key=lambda row: row[3]):
        expected[user, item] = rating
    found = interactions.to_csr().tocoo()
    assert dict(zip(zip(found.row.tolist(), found.col.tolist()), found.data)) == expected


def test_weights_or_ratings():
    frame = pd.DataFrame({"user_id": ["u"], "item_id": [1], "weight": [7.0], "rating": [2.0]})
    with pytest.raises(ValueError, match=r"only one of them.*columns=\{'weight': None\}"):
        Interactions.from_frame(frame)
    with pytest.raises(ValueError, match=r"column 'weight'.*column 'rating'"):
        Interactions.from_frame(frame, columns={"weight": "weight", "rating": "rating"})
    for columns in ({"weight": None}, {"rating": "rating"}, {"weight": None, "rating": "rating"}):
        read = Interactions.from_frame(frame, columns=columns)
        assert (read.explicit, read.weight.tolist()) == (True, [2.0])
    for columns in ({"rating": None}, {"weight": "weight"}):
        read = Interactions.from_frame(frame, columns=columns)
        assert (read.explicit, read.scale, read.weight.tolist()) == (False, None, [7.0])
    neither = Interactions.from_frame(frame, columns={"weight": None, "rating": None})
    assert (neither.explicit, neither.weight.tolist()) == (False, [1.0])
    as_weights = Interactions.from_frame(frame, columns={"weight": "rating"})
    assert (as_weights.explicit, as_weights.weight.tolist()) == (False, [2.0])


@pytest.mark.parametrize(
    ("ratings", "error", "message"),
    [
        ([1, np.inf], ValueError, "row 1, column 'rating': the rating must be a finite number"),
        ([None, 1.0], ValueError, "row 0, column 'rating': the rating must be a finite number"),
        (["5", "4"], TypeError, "'rating' must hold numbers"),
    ],
)
def test_ratings_that_are_none(ratings, error, message):
    frame = pd.DataFrame({"user_id": [1, 1], "item_id": [1, 2], "rating": ratings})
    with pytest.raises(error, match=message):
        Interactions.from_frame(frame)


def test_liked_is_above_the_middle_of_the_scale():
    interactions = rated([("u", 1, 5.0), ("u", 2, 3.0), ("v", 1, 1.0), ("v", 2, 4.0)])
    np.testing.assert_array_equal(interactions.likes().toarray(), [[1, 0], [0, 1]])
    np.testing.assert_array_equal(interactions.likes(min_rating=3).toarray(), [[1, 1], [0, 1]])
    assert interactions.likes().dtype == bool
    assert interactions.likes().nnz == 2
    # The scale is that of all that was read, not of a part: 4 and 5 are likes where 1 was given.
    kept = interactions.select(interactions.weight >= 4)
    np.testing.assert_array_equal(kept.likes().toarray(), [[1, 0], [0, 1]])


def test_of_weights_liked_is_what_sums_to_more_than_zero():
    frame = pd.DataFrame(
        {"user_id": "u", "item_id": [1, 1, 2, 3, 4, 4], "weight": [2.0, -1, 0, -3, 1, -1]}
    )
    interactions = Interactions.from_frame(frame)
    assert interactions.likes().toarray().tolist() == [[True, False, False, False]]
    with pytest.raises(ValueError, match="min_rating is for ratings"):
        interactions.likes(min_rating=1)


def test_liked_where_there_is_no_scale():
    nothing = np.empty(0, dtype=np.int64)
    empty = Interactions(nothing, nothing, nothing, nothing, np.empty(0), explicit=True)
    assert empty.likes().shape == (0, 0)
    ids = np.arange(2)
    bare = Interactions(ids, ids, ids, ids, np.array([1.0, 5.0]), explicit=True)
    assert bare.likes().toarray().tolist() == [[False, False], [False, True]]


def test_ratings_survive_storing(tmp_path):
    interactions = rated([("u", 1, 5.0, 3), ("v", 2, 1.0, 4)])
    again = mmclassic.load(mmclassic.save(interactions, tmp_path / "i.skops"))
    assert (again.explicit, again.scale) == (True, (1.0, 5.0))
    pd.testing.assert_frame_equal(again.to_frame(), interactions.to_frame())
