"""Conditions mean the same whatever types the columns of a table have."""

import pandas as pd
import pytest

from mmclassic.pipeline._conditions import rows_where

TABLE = pd.DataFrame(
    {
        "price": [1, 2, None],
        "shelf": ["a", "b", None],
        "there": [True, None, False],
        "kind": pd.Categorical(["x", None, "y"]),
    }
)
AS = {
    "read from text": TABLE,
    "nullable": TABLE.convert_dtypes(),
    "arrow": TABLE.convert_dtypes(dtype_backend="pyarrow"),
    "objects": TABLE.astype(object),
}


@pytest.mark.parametrize("types", AS)
@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("price < 2", [True, False, False]),
        ("price != 2", [True, False, True]),
        ("not price < 2", [False, True, True]),
        ("price in [1, 2]", [True, True, False]),
        ("price.between(1, 1)", [True, False, False]),
        ("price.isna()", [False, False, True]),
        ("shelf == 'a'", [True, False, False]),
        ("shelf != 'a'", [False, True, True]),
        ("shelf.str.contains('a')", [True, False, False]),
        ("shelf.str.len() == 1", [True, True, False]),
        ("there", [True, False, False]),
        ("there == False", [False, False, True]),
        ("there and price < 2", [True, False, False]),
        ("kind == 'x'", [True, False, False]),
        ("shelf.isna() or price > 1", [False, True, True]),
    ],
)
def test_missing_cells_meet_no_comparison_but_unequal(types, condition, met):
    assert rows_where(AS[types], condition).tolist() == met


@pytest.mark.parametrize("condition", ["price", "1", "shelf", "True"])
def test_what_is_no_condition_is_refused(condition):
    with pytest.raises(ValueError, match="must be true or false for every item"):
        rows_where(TABLE, condition)
