"""Any transformer on one view."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmclassic.testing import check_view_estimator, make_views
from mmclassic.views import PerView, Views


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_view_contract():
    check_view_estimator(PerView({"image": StandardScaler(), "text": TruncatedSVD(2)}))


def test_each_view_equals_its_transformer_on_the_present_rows():
    views = make_views(missing=0.3)
    out = PerView(
        {"text": TruncatedSVD(3, random_state=0), "image": StandardScaler()}
    ).fit_transform(views)
    for name, transformer in {
        "text": TruncatedSVD(3, random_state=0),
        "image": StandardScaler(),
    }.items():
        mask = views.mask(name)
        np.testing.assert_allclose(out[name][mask], transformer.fit_transform(views[name][mask]))
        assert np.isnan(out[name][~mask]).all()
    np.testing.assert_array_equal(out.present, views.present)
    mask = views.mask("audio")
    np.testing.assert_array_equal(out["audio"][mask], views["audio"][mask])


def test_remainder_drop_and_explicit_drop():
    views = make_views()
    assert PerView({"image": StandardScaler()}, remainder="drop").fit_transform(views).names == (
        "image",
    )
    assert PerView({"image": "drop"}).fit_transform(views).names == ("text", "audio")
    with pytest.raises(ValueError, match="drops every view"):
        PerView({}, remainder="drop").fit(views)


def test_supervised_transformers_see_the_labels_of_present_rows():
    views = make_views(missing=0.3)
    y = np.arange(len(views)) % 2
    fitted = PerView({"image": SelectKBest(k=2)}).fit(views, y)
    mask = views.mask("image")
    expected = SelectKBest(k=2).fit(views["image"][mask], y[mask])
    np.testing.assert_allclose(fitted.transformers_["image"].scores_, expected.scores_)


def test_a_query_without_any_present_row():
    views = make_views()
    fitted = PerView({"image": PCA(2)}).fit(views)
    nothing = Views({"image": np.full((2, 6), np.nan)}, np.zeros((2, 1), bool))
    out = fitted.transform(nothing)
    assert out["image"].shape == (2, 2)
    assert np.isnan(out["image"]).all()


def test_nested_parameters():
    estimator = PerView({"text": TruncatedSVD(5)})
    estimator.set_params(text__n_components=2, remainder="drop")
    assert estimator.get_params()["text__n_components"] == 2
    assert clone(estimator).transformers["text"].n_components == 2
    assert make_pipeline(estimator).get_params()["perview__text__n_components"] == 2
    estimator.set_params(text=PCA(1))
    assert isinstance(estimator.transformers["text"], PCA)


def test_unknown_view_is_named():
    with pytest.raises(ValueError, match=r"transformers for \['video'\].*image"):
        PerView({"video": PCA()}).fit(make_views())


def test_a_transformer_list_is_refused():
    with pytest.raises(ValueError, match="'transformers' parameter"):
        PerView([("image", PCA())]).fit(make_views())


def test_sparse_output_stays_csr():
    views = make_views(missing=0.2)
    out = PerView({"text": StandardScaler(with_mean=False)}).fit_transform(views)
    assert sp.issparse(out["text"])
    assert out["text"][~views.mask("text")].nnz == 0


def test_feature_names():
    fitted = PerView({"text": TruncatedSVD(2)}, remainder="drop").fit(make_views())
    assert list(fitted.get_feature_names_out()) == ["text0", "text1"]
