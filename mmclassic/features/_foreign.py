"""Any scikit-learn transformer, where a vectorizer is expected."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

from mmclassic.features._cells import Extraction, as_cells, require_present
from mmclassic.views import scatter_rows


class ForeignVectorizer(BaseEstimator):
    """Show a transformer the present rows of a table and put its rows back in place.

    The transformer is fitted in place. If its tags say that it takes no 2-D array, it
    gets the list of cells of the one column. What it notes on itself while it transforms
    is its own affair: TfidfVectorizer keeps the id of its stop words once unpickled, and
    others load a model at the first call, which a copy for every call would load each time.
    """

    def __init__(self, transformer):
        self.transformer = transformer

    def fit_extract(self, frame):
        """Fit the transformer and transform; no failures, as transformers raise on their own."""
        present, rows = self._present_rows(frame)
        require_present(present, list(frame.columns), [])
        block = _as_matrix(self.transformer.fit_transform(rows))
        self.width_ = block.shape[1]
        return Extraction(scatter_rows(block, present), present, [])

    def extract(self, frame):
        """Transform the present rows of a table."""
        present, rows = self._present_rows(frame)
        if present.any():
            block = scatter_rows(_as_matrix(self.transformer.transform(rows)), present)
        else:
            block = np.full((len(frame), self.width_), np.nan)
        return Extraction(block, present, [])

    def get_feature_names_out(self):
        """List the names of the transformer's features."""
        return self.transformer.get_feature_names_out()

    def _present_rows(self, frame):
        if get_tags(self.transformer).input_tags.two_d_array:
            present = frame.notna().any(axis=1).to_numpy()
            return present, frame[present]
        cells = as_cells(frame, type(self.transformer).__name__)
        return ~cells.missing, cells.values[~cells.missing].tolist()


def _as_matrix(rows):
    return rows.tocsr() if sp.issparse(rows) else np.asarray(rows)
