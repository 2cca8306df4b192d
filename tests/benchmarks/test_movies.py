"""The benchmark of films: reading, draws, choices on training parts, and rows of every kind."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks import _movies_models, movies
from benchmarks._movies_data import likes, read_films
from mmclassic.recommend import EASE, PopularRecommender

N = 30


@pytest.fixture
def films(tmp_path, monkeypatch):
    """Thirty films of two kinds, and twenty users who like one of them."""
    folder, rng = tmp_path / "movies-posters", np.random.default_rng(0)
    (folder / "posters").mkdir(parents=True)
    for i in range(N - 1):
        pixels = rng.integers(0, 256, (16, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "posters" / f"{i}.jpg")
    pd.DataFrame(
        {
            "item_id": np.arange(N) + 100,
            "title": [f"word{i % 7} film" for i in range(N)],
            "year": [1990.0 + i for i in range(N - 1)] + [None],
            "genres": ["War, Drama" if i % 2 else "Comedy" for i in range(N)],
            "directors": [f"Ann {i % 4}" for i in range(N)],
            "cast": [f"Bo {i % 6}, Cy {i % 2}" for i in range(N)],
            "plot": [f"tale of number{i % 5} and thing{i % 2}" for i in range(N)],
            "poster": [f"posters/{i}.jpg" for i in range(N - 1)] + [None],
        }
    ).to_csv(folder / "items.csv", index=False)
    pairs = rng.permutation(20 * N)[:300]
    users, items = np.divmod(pairs, N)
    stars = np.where(users % 2 == items % 2, 5, 2)
    pd.DataFrame(
        {"user_id": users, "item_id": items + 100, "rating": stars, "timestamp": np.arange(300)}
    ).to_csv(folder / "ratings.csv", index=False)
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    return read_films()


def test_likes_are_four_stars_and_more(films):
    table, ratings = films
    liked = likes(table, ratings)
    assert liked.items.tolist() == table["item_id"].tolist()
    assert liked.n_interactions == (ratings["rating"] >= 4).sum()
    assert not liked.explicit
    assert table["poster"].isna().sum() == table["year"].isna().sum() == 1


def test_draws_are_parts_of_the_films():
    draws = list(movies.cold_draws(N, 2))
    assert len(draws) == 2
    for known, new in draws:
        assert new.size == N // 5
        assert sorted([*known, *new]) == list(range(N))


def test_models_are_chosen_on_the_training_part(films, monkeypatch):
    table, ratings = films
    grids = {"popular": [PopularRecommender()], "EASE": [EASE(1e9), EASE(1.0)]}
    monkeypatch.setattr(_movies_models, "GRIDS", grids)
    chosen = _movies_models.choose(table[["year"]].to_numpy(), likes(table, ratings))
    assert chosen == {"popular": grids["popular"][0], "EASE": chosen["EASE"]}
    assert chosen["EASE"] in grids["EASE"]


def test_quick_rows(films):
    rows = movies.run(quick=True)
    cases = dict.fromkeys(row.case for row in rows)
    assert len(cases) == 5
    cold = {(row.method, row.metric): row.value for row in rows if row.case == next(iter(cases))}
    assert cold["genres alone", movies.NDCG] > cold["poster alone", movies.NDCG]
    assert (movies.EQUAL, movies.LESS) in cold
    errors = {row.method: row.value for row in rows if row.metric == "RMSE"}
    assert errors["RatingKNN, ratings alone"] < errors["biases"]


def test_no_data(tmp_path, monkeypatch):
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="put the data set 'movies-posters'"):
        movies.run(quick=True)
