"""What the extractor and the recommender ask of a vectorizer, as the guide says it."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator

from mmclassic import MultimodalRecommender
from mmclassic.exceptions import CellWarning
from mmclassic.features import Extraction, ModalityExtractor

TABLE = pd.DataFrame(
    {"style": ["red", None, "blue", "red"], "season": ["summer", None, None, "winter"]},
    index=list("pqrs"),
)


class Plain(BaseEstimator):
    """The two methods that are needed; a cell "bad" cannot be used."""

    def fit_extract(self, cells):
        self.seen_ = sorted(set(self._words(cells)) - {"bad"})
        return self.extract(cells)

    def extract(self, cells):
        cells = self._column(cells)
        bad = (cells == "bad").to_numpy()
        present = cells.notna().to_numpy() & ~bad
        rows = [[word in str(cell).split() for word in self.seen_] for cell in cells]
        failures = [(label, cells.name, "bad", "it is bad") for label in cells.index[bad]]
        return Extraction(np.where(present[:, None], rows, np.nan), present, failures)

    def _words(self, cells):
        return [word for cell in self._column(cells).dropna() for word in cell.split()]

    def _column(self, cells):
        GIVEN.append(type(cells))
        return cells if isinstance(cells, pd.Series) else cells.iloc[:, 0]


class Full(Plain):
    """All that may be asked for."""

    def __init__(self, on_error="raise"):
        self.on_error = on_error

    def combine(self, frame):
        joined = frame.apply(lambda row: " ".join(row.dropna()) or None, axis=1)
        failed = [(label, "season", "?", "a doubt") for label in frame.index[joined == "?"]]
        return joined.where(joined != "?", None).rename("both"), failed

    def tells(self, block):
        return np.nan_to_num(block).any(axis=1)

    def get_feature_names_out(self):
        return self.seen_


GIVEN = []


@pytest.fixture(autouse=True)
def nothing_given():
    GIVEN.clear()


def test_two_methods_are_enough():
    extractor = ModalityExtractor([("tags", Plain(), "style")])
    views = extractor.fit_transform(TABLE)
    assert_array_equal(views["tags"], [[0, 1], [np.nan, np.nan], [1, 0], [0, 1]])
    assert views.mask("tags").tolist() == [True, False, True, True]
    assert set(GIVEN) == {pd.Series}
    views, failures = extractor.extract(TABLE.assign(style="bad"))
    assert not views.present.any()
    assert failures.values.tolist() == [[row, "style", "bad", "it is bad"] for row in "pqrs"]
    assert extractor.failures_.empty


def test_without_combine_several_columns_come_as_a_frame_and_all_are_needed():
    extractor = ModalityExtractor([("tags", Plain(), ["style", "season"])])
    assert extractor.fit_transform(TABLE).widths == {"tags": 2}
    assert set(GIVEN) == {pd.DataFrame}
    with pytest.raises(ValueError, match=r"view 'tags' needs .* lacks \['season'\]"):
        extractor.transform(TABLE[["style"]])


def test_combine_joins_columns_and_its_failures_are_listed_and_warned_of():
    extractor = ModalityExtractor([("tags", Full(), ["style", "season"])], on_error="missing")
    table = pd.concat([TABLE, pd.DataFrame({"season": ["?", "bad"]}, index=["t", "u"])])
    with pytest.warns(CellWarning, match=r"row 't', column 'season', '\?': a doubt. All are in f"):
        views = extractor.fit_transform(table)
    assert extractor.vectorizers_["tags"].on_error == "missing"
    assert extractor.get_feature_names_out().tolist() == [
        "tags__blue", "tags__red", "tags__summer", "tags__winter",
    ]  # fmt: skip
    assert views.mask("tags").tolist() == [True, False, True, True, False, False]
    assert extractor.failures_.values.tolist() == [
        ["t", "season", "?", "a doubt"],
        ["u", "both", "bad", "it is bad"],
    ]
    with pytest.warns(CellWarning, match=r"All are in the failures that extract returns\."):
        found = extractor.transform(table[["season"]])
    assert found.mask("tags").tolist() == [True, False, False, True, False, False]


@pytest.mark.parametrize("vectorizer", [Plain(), Full()])
def test_a_query_that_says_nothing_is_refused_whoever_can_tell(vectorizer):
    """With `tells` its row counts as absent, and without it has no direction."""
    items = TABLE.loc[["p", "r", "s"]].rename_axis("item_id").reset_index()
    model = MultimodalRecommender(
        extractor=ModalityExtractor([("tags", vectorizer, "style")]), aligner="passthrough"
    ).fit(items)
    assert set(model.search(tags="red", k=2)["item_id"]) == {"p", "s"}
    with pytest.raises(ValueError, match="query 0 says nothing"):
        model.search(tags="green", k=2)


class OnlyExtract(BaseEstimator):
    def extract(self, cells):
        """What cannot be fitted serves nobody."""


class OnlyFit(BaseEstimator):
    def fit_extract(self, cells):
        """What cannot read another table serves nobody."""


@pytest.mark.parametrize("vectorizer", [OnlyExtract(), OnlyFit(), "tfidf", None])
def test_half_a_vectorizer_is_refused_by_name(vectorizer):
    message = "'tags' must have fit_extract and extract, or fit and transform; got"
    with pytest.raises(TypeError, match=message):
        ModalityExtractor([("tags", vectorizer, "style")]).fit(TABLE)
