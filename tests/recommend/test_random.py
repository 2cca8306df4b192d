"""RandomRecommender: chance, whoever asks with whom."""

import numpy as np
import pandas as pd
import pytest

from mmclassic import load, save
from mmclassic.recommend import Interactions, RandomRecommender

pytestmark = pytest.mark.filterwarnings("ignore::mmclassic.exceptions.ShortListWarning")


def fitted(seed=0, n_users=40, n_items=60, spell=int):
    rng = np.random.default_rng(1)
    users = np.repeat(np.arange(n_users), 5)
    items = np.concatenate([rng.permutation(n_items)[:5] for _ in range(n_users)])
    frame = pd.DataFrame({"user_id": users, "item_id": [spell(item) for item in items]})
    ids = [spell(item) for item in range(n_items)]
    return RandomRecommender(random_state=seed).fit(None, Interactions.from_frame(frame, items=ids))


def scores(model, users, **options):
    """Scores by user and item."""
    table = model.recommend(users, k=60, include_seen=True, **options)
    return table.pivot(index="user_id", columns="item_id", values="score")


def test_scores_do_not_depend_on_the_company():
    model = fitted()
    every = scores(model, None)
    some = scores(model, [7, 3], candidates=[5, 50, 20])
    pd.testing.assert_frame_equal(some, every.loc[[3, 7], [5, 20, 50]])
    items = pd.DataFrame({"item_id": [50, 999, 5]})
    with_new = scores(model, [7], items=items)
    pd.testing.assert_frame_equal(with_new[[5, 50]], every.loc[[7], [5, 50]])
    history = model.interactions_[[7]]
    liked = model.item_ids_[history.indices].tolist()
    given = model.recommend(history=liked, k=60, include_seen=True)
    assert given["score"].tolist() == sorted(every.loc[7], reverse=True)


@pytest.mark.parametrize("spell", [int, "item-{}".format])
def test_scores_are_uniform_and_independent(spell):
    found = scores(fitted(spell=spell), None).to_numpy()
    assert found.shape == (40, 60)
    assert 0 <= found.min() < found.max() < 1
    # The mean of 2400 uniform numbers has a standard deviation of .0059; that of 40, .0456.
    assert abs(found.mean() - 0.5) < 4 * 0.0059
    assert np.abs(found.mean(axis=0) - 0.5).max() < 4 * 0.0456
    assert np.abs(found.mean(axis=1) - 0.5).max() < 4 * 0.0456
    between = np.corrcoef(found)[np.triu_indices(40, 1)]
    assert abs(between.mean()) < 4 / np.sqrt(60 * between.size)


def test_seeds():
    first = scores(fitted(0), None)
    pd.testing.assert_frame_equal(first, scores(fitted(0), None))
    assert (
        abs(np.corrcoef(first.to_numpy().ravel(), scores(fitted(1), None).to_numpy().ravel())[0, 1])
        < 0.1
    )
    assert fitted(None).seed_ != fitted(None).seed_


def test_scores_survive_storing(tmp_path):
    model = fitted(spell=str)
    again = load(save(model, tmp_path / "m.skops"))
    pd.testing.assert_frame_equal(scores(again, None), scores(model, None))


def test_wild_ids():
    frame = pd.DataFrame({"user_id": ["\ud800", "é"], "item_id": ["\ud800", "红"]}, dtype=object)
    model = RandomRecommender(random_state=0).fit(None, frame)
    assert model.rank("é", k=1).order.tolist() == [[0]]
