"""A table written as bytes, and read."""

import pytest

from mmclassic.tables import read_table


@pytest.fixture
def read(tmp_path):
    """Write a file of the name and read it."""

    def write_and_read(content, name="table.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path, **options)

    return write_and_read


@pytest.fixture
def cells(read):
    """Names, lines and cells of a table; "" for what is missing."""

    def all_of(*args, **options):
        table = read(*args, **options)
        rows = table.astype(object).where(table.notna(), "").to_numpy().tolist()
        return list(table.columns), list(table.index), rows

    return all_of
