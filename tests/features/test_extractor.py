"""ModalityExtractor: from a table to Views, in scikit-learn's company."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skops import io as skops_io

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import (
    HOG,
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)
from mmclassic.views import Views


def make(**parameters):
    return ModalityExtractor(
        [
            ("image", ImageVectorizer(size=(32, 32)), "photo"),
            ("text", TextVectorizer(), ["title", "body"]),
            ("audio", AudioVectorizer(), "clip"),
            ("facts", NumericVectorizer(), ["price", "weight"]),
        ],
        **parameters,
    )


def assert_same(a, b):
    assert a.names == b.names
    assert_array_equal(a.present, b.present)
    for name in a.names:
        left, right = (v.toarray() if sp.issparse(v) else v for v in (a[name], b[name]))
        assert_array_equal(left, right)


def test_views(items):
    extractor = make()
    views = extractor.fit_transform(items)
    assert isinstance(views, Views)
    assert views.names == ("image", "text", "audio", "facts")
    assert len(views) == 12
    assert np.flatnonzero(~views.mask("image")).tolist() == [3]
    assert np.flatnonzero(~views.mask("audio")).tolist() == [5]
    assert views.mask("text").all()
    assert views.mask("facts").all()
    assert extractor.view_widths_out_ == views.widths
    assert len(extractor.get_feature_names_out()) == views.shape[1]
    assert extractor.get_feature_names_out()[-1] == "facts__weight"
    assert "text__红色" in extractor.get_feature_names_out()
    assert extractor.failures_.empty


def test_fit_transform_equals_fit_then_transform_and_rows_are_independent(items):
    views = make().fit_transform(items)
    extractor = make().fit(items)
    assert_same(extractor.transform(items), views)
    assert_same(extractor.transform(items.iloc[[7, 2, 3]]), views[[7, 2, 3]])


def test_rows_are_those_of_the_single_vectorizers(items):
    views = make().fit_transform(items)
    image = ImageVectorizer(size=(32, 32)).fit_transform(items["photo"])
    assert_array_equal(views["image"], image)
    text = TextVectorizer()
    joined, _ = text.combine(items[["title", "body"]])
    assert (views["text"] != text.fit_transform(joined)).nnz == 0


def test_a_query_may_have_some_of_the_columns(items):
    extractor = make().fit(items)
    views = extractor.transform(pd.DataFrame({"title": ["red shirt", None], "id": [1, 2]}))
    assert views.names == ("text",)
    assert views.mask("text").tolist() == [True, False]
    assert extractor.transform(items[["clip", "photo"]]).names == ("image", "audio")
    with pytest.raises(ValueError, match=r"view 'facts' needs .* lacks \['weight'\]"):
        extractor.transform(items[["price", "title"]])
    with pytest.raises(ValueError, match=r"fitted on the columns \{'image': 'photo'.*only \['x'\]"):
        extractor.transform(pd.DataFrame({"x": [1]}))


def test_a_query_without_any_value_is_absent(items):
    extractor = make().fit(items)
    query = pd.DataFrame({c: [None] for c in ("photo", "title", "body", "clip")})
    views = extractor.transform(query.assign(price=np.nan, weight=None))
    assert not views.present.any()
    assert views.widths == extractor.view_widths_out_


def test_raise_names_row_column_and_file(broken):
    with pytest.raises(CellError, match=r"row 100, column 'photo', '.*gone.png': file not found"):
        make().fit(broken)
    broken.loc[[100, 101], "photo"] = None
    with pytest.raises(CellError, match=r"row 102, column 'clip', '.*empty.wav': the clip has no"):
        make(on_error="raise").fit(broken)


def test_missing_keeps_the_rows_and_lists_the_failures(broken, items):
    extractor = make(on_error="missing").set_params(image__scale=False)
    with pytest.warns(CellWarning) as caught:
        views = extractor.fit_transform(broken)
    assert sorted(str(w.message)[:45] for w in caught) == [
        "1 cell(s) could not be used and count as miss",
        "2 cell(s) could not be used and count as miss",
    ]
    failures = extractor.failures_
    assert failures["row"].tolist() == [100, 101, 102]
    assert failures["column"].tolist() == ["photo", "photo", "clip"]
    assert failures["path"].str.endswith(("gone.png", "cut.png", "empty.wav")).all()
    assert "cannot be decoded" in failures["reason"][1]
    assert np.flatnonzero(~views.mask("image")).tolist() == [0, 1, 3]
    assert np.flatnonzero(~views.mask("audio")).tolist() == [2, 5]
    good = make().set_params(image__scale=False).fit_transform(items)
    rows = views.mask("image")
    assert_array_equal(views["image"][rows], good["image"][rows])


def test_on_error_none_leaves_the_vectorizers_alone(broken):
    modalities = [
        ("image", ImageVectorizer(size=(32, 32), on_error="missing"), "photo"),
        ("audio", AudioVectorizer(), "clip"),
    ]
    with (
        pytest.warns(CellWarning, match="photo"),
        pytest.raises(CellError, match="row 102, column 'clip'"),
    ):
        ModalityExtractor(modalities).fit(broken)
    assert modalities[1][1].on_error == "raise"


def test_failures_of_joined_text_name_their_own_column(items):
    items["body"] = items["body"].astype(object)
    items.loc[104, "body"] = 5
    with pytest.raises(CellError, match="row 104, column 'body', '<int 5>'"):
        make().fit(items)
    extractor = make(on_error="missing")
    with pytest.warns(CellWarning, match="row 104, column 'body'"):
        views = extractor.fit_transform(items)
    assert extractor.failures_[["row", "column"]].values.tolist() == [[104, "body"]]
    assert views.mask("text").all()


def test_an_empty_column_at_fit_is_named(items):
    items["clip"] = None
    with pytest.raises(ValueError, match="column 'clip' has no usable cell"):
        make().fit(items)
    with pytest.raises(ValueError, match=r"column 'title\+body' has no usable cell"):
        make().fit(items.assign(title=None, body=None))


def test_unknown_columns_at_fit_list_what_there_is(items):
    with pytest.raises(ValueError, match=r"no column \['body'\]; its columns are \['photo', 'ti"):
        make().fit(items.drop(columns="body"))
    double = pd.concat([items, items[["photo"]]], axis=1)
    with pytest.raises(ValueError, match=r"more than one column of the name \['photo'\]"):
        make().fit(double)


@pytest.mark.parametrize("X", [[["a"]], np.zeros((3, 2)), pd.Series(["a"])])
def test_only_tables_are_taken(X, items):
    with pytest.raises(TypeError, match="takes a pandas DataFrame"):
        make().fit(X)
    with pytest.raises(TypeError, match="takes a pandas DataFrame"):
        make().fit(items).transform(X)


TEXT = TextVectorizer()


@pytest.mark.parametrize(
    ("modalities", "error", "message"),
    [
        ([], ValueError, "non-empty list of"),
        ([("text", TEXT)], ValueError, "non-empty list of"),
        (["text"], ValueError, "non-empty list of"),
        ([("a", TEXT, "title"), ("a", TEXT, "body")], ValueError, "not unique"),
        ([("a__b", TEXT, "title")], ValueError, "must not contain __"),
        ([("on_error", TEXT, "title")], ValueError, "conflict with constructor arguments"),
        (
            [("text", "tfidf", "title")],
            TypeError,
            "must have fit_extract and extract, or fit and transform; got",
        ),
        ([("text", TEXT, [])], ValueError, "modality 'text' has an empty list of columns"),
        ([("i", ImageVectorizer(), ["photo", "clip"])], ValueError, "takes one column"),
        ([("t", TfidfVectorizer(), ["title", "body"])], ValueError, "TextVectorizer joins several"),
        ({"text": TEXT}, ValueError, "'modalities' parameter of ModalityExtractor"),
    ],
)
def test_refuses_malformed_modalities(modalities, error, message, items):
    with pytest.raises(error, match=message):
        ModalityExtractor(modalities).fit(items)


def test_unfitted(items):
    with pytest.raises(NotFittedError):
        make().transform(items)


def test_nested_parameters_and_clone(items):
    extractor = make()
    assert extractor.get_params()["image__size"] == (32, 32)
    assert "image__size" not in extractor.get_params(deep=False)
    extractor.set_params(image__size=(48, 48), text__min_df=2, on_error="missing")
    copy = clone(extractor)
    assert copy.get_params()["image__size"] == (48, 48)
    assert copy.modalities[0][1] is not extractor.modalities[0][1]
    copy.set_params(image=ImageVectorizer([("hog", HOG())]))
    copy.set_params(image__hog__orientations=4)
    views = copy.fit_transform(items)
    assert views.widths["image"] == 15 * 15 * 16
    assert extractor.modalities[0][2] == "photo"


def test_fit_does_not_touch_the_vectorizers_given(items):
    extractor = make()
    extractor.fit(items)
    assert not any(hasattr(vectorizer, "widths_") for _, vectorizer, _ in extractor.modalities)


@pytest.mark.parametrize("transformer", [TfidfVectorizer(), CountVectorizer()])
def test_any_text_transformer_serves(transformer, items):
    items.loc[103, "title"] = None
    views = ModalityExtractor([("text", transformer, "title")]).fit_transform(items)
    present = items["title"].notna().to_numpy()
    assert_array_equal(views.mask("text"), present)
    expected = clone(transformer).fit_transform(items.loc[present, "title"])
    assert (views["text"][present] != expected).nnz == 0


def test_any_table_transformer_serves(items):
    items = items.assign(kind=["a", "b", None] * 4)
    extractor = ModalityExtractor(
        [
            ("facts", StandardScaler().set_output(transform="pandas"), ["price", "weight"]),
            ("kind", OneHotEncoder(), "kind"),
        ]
    )
    views = extractor.fit_transform(items.assign(price=items["price"].where(items.index != 101)))
    assert views.widths == {"facts": 2, "kind": 2}
    assert_array_equal(views.mask("kind"), items["kind"].notna())
    assert views["kind"][:2].toarray().tolist() == [[1, 0], [0, 1]]
    empty = extractor.transform(pd.DataFrame({"kind": [None]}))
    assert not empty.present.any()
    assert empty.widths == {"kind": 2}
    assert extractor.get_feature_names_out().tolist() == [
        "facts__price", "facts__weight", "kind__kind_a", "kind__kind_b",
    ]  # fmt: skip


class PriceFromText(BaseEstimator):
    """A regressor that can only work if rows of views and target stay together."""

    def fit(self, views, y):
        self.row_ = {tuple(row): target for row, target in zip(views["facts"], y)}
        return self

    def predict(self, views):
        return np.array([self.row_.get(tuple(row), -1.0) for row in views["facts"]])

    def score(self, views, y):
        return float(len(views) == len(y) and views.present.any())


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_pipeline_in_grid_search(items, n_jobs):
    pipeline = make_pipeline(make(), PriceFromText())
    grid = {"modalityextractor__image__size": [(32, 32), (40, 40)]}
    with warnings.catch_warnings():
        warnings.simplefilter("error", CellWarning)
        search = GridSearchCV(pipeline, grid, cv=3, n_jobs=n_jobs, error_score="raise")
        search.fit(items, np.arange(12))
    assert search.best_score_ == 1.0
    assert search.best_estimator_.predict(items).tolist() == list(range(12))


def test_splitters_and_cross_validation(items):
    train, test = train_test_split(items, random_state=0)
    extractor = make().fit(train)
    assert len(extractor.transform(test)) == len(test)
    scores = cross_val_score(make_pipeline(make(), PriceFromText()), items, np.arange(12), cv=3)
    assert scores.tolist() == [1.0, 1.0, 1.0]


def test_set_output_leaves_views(items):
    views = make().set_output(transform="pandas").fit_transform(items)
    assert isinstance(views, Views)


def test_pickle_and_skops_round_trips(items):
    extractor = make().fit(items)
    views = extractor.transform(items)
    assert_same(pickle.loads(pickle.dumps(extractor)).transform(items), views)
    data = skops_io.dumps(extractor)
    unknown = skops_io.get_untrusted_types(data=data)
    assert all(name.startswith("mmclassic.") for name in unknown)
    assert_same(skops_io.loads(data, trusted=unknown).transform(items), views)
