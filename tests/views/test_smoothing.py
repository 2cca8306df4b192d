"""GraphSmoothing: rows blended with the rows they are linked to."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic import load, save
from mmclassic.views import GraphSmoothing, Views


def linked_views():
    """Four texts; the first is linked to the second and third, the last lacks its text."""
    links = np.array([[0.0, 3, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 2, 0]])
    text = np.array([[2.0, 0], [0, 5], [3, 4], [np.nan, np.nan]])
    present = [[True, True]] * 3 + [[False, True]]
    return Views({"text": text, "cites": links}, present)


EXPECTED = np.array(
    [
        [0.6 * 1 + 0.4 * (0.75 * 0 + 0.25 * 0.6), 0.4 * (0.75 * 1 + 0.25 * 0.8)],
        [0.4, 0.6],
        [0.6, 0.8],  # no links
        [0.6, 0.8],  # no text
    ]
)


@pytest.mark.parametrize("sparse", [False, True])
def test_by_hand(sparse):
    views = linked_views()
    if sparse:
        blocks = {name: sp.csr_array(np.nan_to_num(block)) for name, block in views.items()}
        views = Views(blocks, views.present)
    found = GraphSmoothing("cites", share=0.4).fit_transform(views)
    text = found["text"].toarray() if sparse else found["text"]
    np.testing.assert_allclose(text, EXPECTED, rtol=1e-12)
    assert found.present.all()
    assert found.names == ("text", "cites")


def test_new_rows_are_linked_to_the_fitted_ones(tmp_path):
    model = GraphSmoothing("cites", views=["text"], share=0.5).fit(linked_views())
    new = Views({"text": np.array([[0.0, 1]]), "cites": np.array([[1.0, 0, 0, 7]])})
    found = load(save(model, tmp_path / "m.skops")).transform(new)
    np.testing.assert_allclose(found["text"], [[0.5, 0.5]], err_msg="the last has no text")
    alone = model.transform(new.select("text"))
    np.testing.assert_allclose(alone["text"], [[0.0, 1.0]])


def test_a_share_of_0_or_1():
    views = linked_views()
    same = GraphSmoothing("cites", share=0).fit_transform(views)["text"]
    np.testing.assert_allclose(same[:3], [[1, 0], [0, 1], [0.6, 0.8]])
    others = GraphSmoothing("cites", share=1).fit_transform(views)["text"]
    np.testing.assert_allclose(others[1], [1, 0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"links": "text"}, "a column for each of the 4 rows; they have 2"),
        ({"links": "nothing"}, "must name some of the views"),
        ({"links": "cites", "views": ["cites"]}, "must name some of the views"),
        ({"links": "cites", "share": 2.0}, "share"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        GraphSmoothing(**options).fit(linked_views())


def test_links_below_zero():
    views = linked_views()
    links = views["cites"].copy()
    links[0, 1] = -1
    with pytest.raises(ValueError, match="at least 0; got -1"):
        GraphSmoothing("cites").fit(Views({"text": views["text"], "cites": links}, views.present))
