"""``mmclassic split``: a table to learn from, and one to be found."""

import pandas as pd

from mmclassic.cli._models import read_interaction_rows
from mmclassic.cli._output import check_output, write_mapping
from mmclassic.cli._variants import make_split
from mmclassic.interactions import ITEM, Interactions
from mmclassic.utils import atomic_write


def run(options):
    """Write the parts of a division into a folder."""
    rows = read_interaction_rows(options.interactions, options)
    fold = next(make_split(options, options.share).split(Interactions.from_frame(rows)))
    parts = {"train": fold.train.to_frame(), "test": fold.test.to_frame()}
    if fold.given is not None:
        parts["given"] = fold.given.to_frame()
    if fold.candidates is not None:
        parts["new-items"] = pd.DataFrame({ITEM: fold.candidates})
    options.folder.mkdir(parents=True, exist_ok=True)
    paths = {name: options.folder / f"{name}.csv" for name in parts}
    for path in paths.values():
        check_output(path, options.interactions)
    for name, part in parts.items():
        with atomic_write(paths[name]) as file:
            file.write(part.to_csv(index=False, lineterminator="\n").encode("utf-8"))
    told = {str(paths[name]): len(part) for name, part in parts.items()}
    write_mapping({**told, "left out": fold.n_dropped}, options)
