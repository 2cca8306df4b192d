"""Vectorizers of files: several descriptors over content that is read once, in parallel chunks."""

import warnings
from abc import abstractmethod
from functools import partial
from importlib.metadata import version
from itertools import compress
from os import PathLike

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mmclassic.features._base import CellVectorizer
from mmclassic.features._blocks import BATCH_ROWS, BlockScaler
from mmclassic.features._cache import FeatureCache
from mmclassic.features._cells import (
    Extraction,
    as_cells,
    cell_error,
    describe_cell,
    read_cells,
    require_present,
)
from mmclassic.features._identity import UnknownIdentityError, identity
from mmclassic.utils import N_JOBS, ON_ERROR, map_chunks, require

# Parameters that change how the work is done, or what is done after it, but not a cell's features.
_HOW = {"on_error", "n_jobs", "progress", "cache", "scale"}
# Those of which the fitted descriptors hold all that matters.
_LEARNT = {"descriptors", "augment", "fit_pictures", "fit_clips", "random_state", "image", "audio"}
# Parameters of a block that only say how its columns are scaled.
_OF_SCALES = {"descriptor", "scaling", "weight"}
_NOT_IN_FEATURES = _HOW | _LEARNT
_LIBRARIES = (
    "mmclassic", "pillow", "scikit-image", "librosa", "soundfile", "soxr",
    "numpy", "scipy", "scikit-learn",
)  # fmt: skip


class BlockVectorizer(CellVectorizer):
    """Base of the vectorizers whose features are named blocks, one of each descriptor.

    A subclass writes `_fit_descriptors`, `_read` (a cell to its content), `_describe` (contents to
    rows) and `get_feature_names_out`, and names its chunk size.
    """

    _parameter_constraints: dict = {
        "scale": ["boolean"],
        "on_error": ON_ERROR,
        "n_jobs": N_JOBS,
        "progress": ["boolean"],
        "cache": [str, PathLike, None],
    }
    _chunk_size = 32

    @abstractmethod
    def _fit_descriptors(self, cells):
        """Check the parameters; set `blocks_` and `widths_` (features by descriptor name)."""

    @abstractmethod
    def _read(self, cell):
        """The content of one cell; raises `CellError`."""

    @abstractmethod
    def _describe(self, contents):
        """Features of a non-empty list of contents, float32 of shape (n, n_features)."""

    def _workers(self, cells):
        """The kind of workers that suits the cells: "threads" or "processes"."""
        return "threads"

    def _are_described(self, rows):
        """Which rows, float32 of shape (n, n_features), are fit to be used."""
        return np.isfinite(rows).all(axis=1)

    def _remark(self, content):
        """What to say of a cell that is used, but not as it is; None for nothing."""

    @property
    def descriptors_(self):
        """The descriptors in use, by name."""
        check_is_fitted(self)
        return {name: block.descriptor for name, block in self.blocks_.items()}

    def _extract(self, X, *, fitting):
        extraction, column = self._extract_unscaled(X, fitting=fitting)
        block, present = extraction.block, extraction.present
        if fitting:
            require_present(present, column, extraction.failures)
            rows = block if present.all() else block[present]
            self.scaler_ = self._fit_scaler(rows) if self.scale else None
        if self.scaler_ is not None:
            there = np.flatnonzero(present)
            for start in range(0, there.size, BATCH_ROWS):
                rows = there[start : start + BATCH_ROWS]
                block[rows] = self.scaler_.transform(block[rows])
        return extraction, column

    def _fit_scaler(self, rows):
        parts = [
            (self.widths_[name], block.scaling, block.weight)
            for name, block in self.blocks_.items()
        ]
        return BlockScaler(parts).fit(rows)

    def _extract_unscaled(self, X, *, fitting):
        """The Extraction before blocks are brought to their scales, and the column's name."""
        cells = as_cells(X, type(self).__name__)
        if fitting:
            self._fit_descriptors(cells)
        cache = None if self.cache is None else self._open_cache(fitting)
        chunks = map_chunks(
            partial(self._extract_chunk, column=cells.column, cache=cache),
            cells.items(),
            chunk_size=self._chunk_size,
            n_jobs=self.n_jobs,
            prefer=self._workers(cells),
            progress=f"{type(self).__name__} {cells.column or ''}" if self.progress else None,
        )
        block = np.full((len(cells.values), sum(self.widths_.values())), np.nan, np.float32)
        present = np.zeros(len(cells.values), dtype=bool)
        failures, remarks, faults = [], [], []
        for rows, positions, failed, remarked, fault in chunks:
            failures += failed
            remarks += remarked
            faults += [] if fault is None else [fault]
            if positions:
                block[positions] = rows
                present[positions] = True
        if faults:
            warnings.warn(
                f"the cache {str(self.cache)!r} cannot be written to ({faults[0]}); what is not "
                "in it is computed anew every time.",
                stacklevel=5,
            )
        return Extraction(block, present, failures, remarks), cells.column

    def _extract_chunk(self, items, *, column, cache):
        rows = {}
        if cache is not None:
            keys = {position: cache.key(cell) for position, _, cell in items}
            rows = {position: cache.load(key) for position, key in keys.items()}
            rows = {position: row for position, row in rows.items() if row is not None}
        contents, positions, failures = read_cells(
            [item for item in items if item[0] not in rows],
            self._read,
            on_error=self.on_error,
            column=column,
        )
        fresh = self._describe(contents) if contents else None
        if contents and not (good := self._are_described(fresh)).all():
            failures += self._not_finite(items, np.array(positions)[~good], column)
            fresh = fresh[good]
            contents, positions = list(compress(contents, good)), list(compress(positions, good))
        said = {p: r for p, c in zip(positions, contents) if (r := self._remark(c)) is not None}
        remarks = [
            (label, column, describe_cell(cell), said[p]) for p, label, cell in items if p in said
        ]
        if not rows:
            found, where = fresh, positions
        else:
            where = [*rows, *positions]
            found = np.vstack([*rows.values(), *([] if fresh is None else [fresh])])
        fault = None
        if cache is not None and contents:
            # A row from the cache has no remark, so what has one is read anew every time.
            fault = cache.store((keys[p], row) for p, row in zip(positions, fresh) if p not in said)
        return found, where, failures, remarks, fault

    def _check_state(self):
        """Raise ValueError if a loaded vectorizer would write where a file tells it to."""
        require(self.cache is None, self, "a file may not name a cache.")
        if self.scaler_ is not None:
            widths = [width for width, *_ in self.scaler_.parts]
            require(widths == list(self.widths_.values()), self, "it scales other columns.")

    def _not_finite(self, items, positions, column):
        """The failures at these positions, whose features are NaN or infinite."""
        reason = "its features are not finite: it holds values beyond the range of a descriptor"
        wrong = [(label, describe_cell(c)) for p, label, c in items if p in positions]
        if self.on_error == "raise":
            label, source = wrong[0]
            raise cell_error(reason, label, column, source)
        return [(label, column, source, reason) for label, source in wrong]

    def _sample(self, cells, read, most):
        """What `read` makes of at most so many cells that can be used, drawn at random.

        And the random state that drew them.
        """
        random_state = check_random_state(self.random_state)
        read = partial(read_cells, read=read, on_error=self.on_error, column=cells.column)
        workers = {"chunk_size": self._chunk_size, "n_jobs": self.n_jobs, "prefer": "threads"}
        items = cells.items()
        waiting = random_state.permutation(len(items)).tolist()
        sample, failures = [], []
        # Another round only if some cells failed.
        while waiting and (wanted := most - len(sample)) > 0:
            drawn, waiting = sorted(waiting[:wanted]), waiting[wanted:]
            for contents, _, failed in map_chunks(read, [items[i] for i in drawn], **workers):
                sample += contents
                failures += failed
        if not sample:
            require_present(np.zeros(len(cells.values), dtype=bool), cells.column, failures)
        return sample, random_state

    def _open_cache(self, fitting):
        """The cache; None, with a warning at fit, if a descriptor might change unnoticed."""
        try:
            return FeatureCache(self.cache, self._recipe(), sum(self.widths_.values()))
        except UnknownIdentityError as error:
            if fitting:
                warnings.warn(
                    f"{type(self).__name__} does not use its cache: {error}.", stacklevel=6
                )
            return None

    def _recipe(self):
        """All that the features of a cell depend on, besides the cell."""
        given = self.get_params(deep=False)
        return {
            "vectorizer": type(self).__name__,
            "rows": "unscaled",
            "descriptors": [
                # What was learnt counts as the parameters do.
                (name, self._options(block), identity(block.descriptor))
                for name, block in self.blocks_.items()
            ],
            "parameters": {n: v for n, v in given.items() if n not in _NOT_IN_FEATURES},
            "sr": getattr(self, "sr_", None),
            "versions": [version(name) for name in _LIBRARIES],
        }

    @staticmethod
    def _options(block):
        """What a block does besides scaling, as plain values."""
        given = block.get_params(deep=False)
        return {n: identity(v) for n, v in given.items() if n not in _OF_SCALES}
