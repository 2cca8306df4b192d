"""Conditions on columns of the items' table: which rows meet them, and which are of one group."""

import ast

import numpy as np
import pandas as pd

# Of what conditions may call: nothing that writes a file or changes the table.
_METHODS = frozenset(
    [
        *("abs", "between", "isin", "isna", "isnull", "notna", "notnull", "round"),
        *("contains", "endswith", "fullmatch", "len", "lower", "match", "startswith", "upper"),
    ]
)


def rows_where(table, condition):
    """Mask of the rows of a table that meet a condition in words of `pandas.DataFrame.query`.

    Texts that are compared as numbers are, for a table may have been read as texts alone. What is
    neither true nor false of a row, for a cell is missing, is not met.
    """
    table = _some_columns(table, "where")
    try:
        stand_ins = {f"_column_{i}_": name for i, name in enumerate(table.columns)}
        tree = _parsed(condition, stand_ins)
        # Neither variables of Python nor other objects can be reached.
        plain = _with_plain_types(table, _names(tree, stand_ins))
        numbers = _with_numbers(plain, condition, _compared_as_numbers(tree, stand_ins))
        found = numbers.eval(condition, engine="python", local_dict={}, global_dict={})
    except Exception as error:
        raise ValueError(
            f"where={condition!r} cannot be read ({error}); it may name the columns "
            f"{list(table.columns)}, which keep=... names when the model is fitted."
        ) from error
    if isinstance(found, pd.Series) and pd.api.types.infer_dtype(found) == "boolean":
        found = found.eq(True)
    mask = np.asarray(found)
    if mask.shape != (len(table),) or mask.dtype != bool:
        raise ValueError(f"where={condition!r} must be true or false for every item.")
    return mask


def _parsed(condition, stand_ins):
    """The syntax tree, with stand-ins for column names in backticks; refuses other calls."""
    for stand_in, name in stand_ins.items():
        condition = condition.replace(f"`{name}`", stand_in)
    # As pandas does, by which they bind less than comparisons.
    condition = condition.replace("&", " and ").replace("|", " or ").strip()
    tree = ast.parse(condition, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Pow):  # 9 ** 9 ** 9 takes for ever
            raise ValueError("powers are not taken")
        if isinstance(node, ast.Call):
            method = getattr(node.func, "attr", None) or ast.unparse(node.func)
            if method not in _METHODS:
                raise ValueError(f"{method!r} is none of the methods {sorted(_METHODS)}")
    return tree


def _names(tree, stand_ins):
    """The columns that a part of a condition names."""
    names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    return sorted({stand_ins.get(name, name) for name in names} & set(stand_ins.values()))


def _with_plain_types(table, names):
    """The table, with some columns of types whose missing cells are NaN.

    Those of others, `pandas.NA` and None, make comparisons neither true nor false.
    """
    table = table.copy(deep=False)
    for name in names:
        column = table[name]
        if column.dtype == object or getattr(column.dtype, "na_value", None) is pd.NA:
            cells = column.astype(object).where(column.notna(), None)
            table[name] = pd.Series(cells.tolist(), index=column.index)
    return table


def _compared_as_numbers(tree, stand_ins):
    """Yield columns that are compared, but with no text, and whether it is with a number."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Compare, ast.Call)):
            inside = list(ast.walk(node))
            of_texts = any(isinstance(p, ast.Attribute) and p.attr == "str" for p in inside)
            kinds = {type(part.value) for part in inside if isinstance(part, ast.Constant)}
            if not of_texts and str not in kinds:
                for name in _names(node, stand_ins):
                    yield name, bool(kinds & {int, float})


def _with_numbers(table, condition, compared):
    """The table, with numbers in the place of texts that the condition compares as numbers."""
    table = table.copy(deep=False)
    for name, with_number in compared:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) or not column.map(_is_text).any():
            continue
        numbers = pd.to_numeric(column.where(column != ""), errors="coerce")
        wrong = np.flatnonzero(numbers.isna() & column.notna() & (column != ""))
        if not wrong.size:
            table[name] = numbers
        elif with_number:
            raise ValueError(
                f"it compares {name!r} with a number, and row {wrong[0]} of that has "
                f"{column.iloc[wrong[0]]!r}; {wrong.size} such row(s)"
            )
    return table


def _is_text(cell):
    return isinstance(cell, str)


def groups_of(table, at_most):
    """Groups of the rows of a table, and how many of a group may come, of a dict by column."""
    table = _some_columns(table, "at_most")
    if len(at_most) != 1 or next(iter(at_most)) not in table.columns:
        raise ValueError(
            f"at_most must name one column and a number, as in {{'category': 2}}; got {at_most!r}. "
            f"The columns are {list(table.columns)}, which keep=... names when the model is fitted."
        )
    ((column, most),) = at_most.items()
    # Every row without a value is a group of its own.
    labels = np.array([f"={cell}" for cell in table[column].tolist()], dtype=object)
    missing = table[column].isna().to_numpy()
    labels[missing] = [str(row) for row in np.flatnonzero(missing)]
    return labels, most


def _some_columns(table, name):
    if table is None or not len(table.columns):
        raise ValueError(
            f"{name} goes by columns of the items, and this model keeps none; name them with "
            "keep=[...] when it is fitted, or pass a mask."
        )
    return table
