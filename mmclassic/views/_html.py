"""What a notebook shows of the container."""

from html import escape

import scipy.sparse as sp

_HEAD = ("view", "kind", "dtype", "width", "present", "absent")


def html_table(views):
    """A plain table, a row for each view; it takes the page's own fonts and colours."""
    head = "".join(f'<th scope="col">{title}</th>' for title in _HEAD)
    rows = "".join(_row(name, block, views.mask(name)) for name, block in views.items())
    return (
        f"<table><caption>Views of {len(views):,} rows</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(name, block, mask):
    present = int(mask.sum())
    cells = (
        "CSR" if sp.issparse(block) else "dense",
        str(block.dtype),
        f"{block.shape[1]:,}",
        f"{present:,}",
        f"{mask.size - present:,}",
    )
    values = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th>{values}</tr>'
