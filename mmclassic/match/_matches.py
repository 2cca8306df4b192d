"""The pairs that were found, as a value."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Matches:
    """Pairs of rows that belong together, as `match` finds them.

    Parameters
    ----------
    rows : ndarray of int64 of shape (n_pairs,)
        Rows of the first matrix, increasing.
    columns : ndarray of int64 of shape (n_pairs,)
        The row of the second matrix that each is matched with. A row may have several
        candidates, the best first.
    scores : ndarray of shape (n_pairs,)
        What was compared: the similarity of each pair, or see `match`.
    confidence : ndarray of float64 of shape (n_pairs,)
        How much better the partner is than the row's next best candidate, in [0, 1], see
        `match`; NaN where there is no other candidate. Not a probability, unless
        `MatchCalibrator` gave it.
    n_rows : int
        Rows of the first matrix, matched or not.

    Examples
    --------
    >>> from mmclassic.match import match
    >>> found = match([[1.0, 0.0], [0.6, 0.8], [0.8, 0.6]], [[1.0, 0.0]], method="optimal")
    >>> len(found), found.rows, found.partners()
    (1, array([0]), array([ 0, -1, -1]))
    """

    rows: np.ndarray
    columns: np.ndarray
    scores: np.ndarray
    confidence: np.ndarray
    n_rows: int

    def __len__(self):
        return self.rows.size

    def __repr__(self):
        return f"Matches({len(self)} pairs for {self.n_rows} rows)"

    def partners(self):
        """Give the partner of every row of the first matrix.

        Returns
        -------
        partners : ndarray of int64 of shape (n_rows,)
            Row of the second matrix, the best of several; -1 where there is none.
        """
        partners = np.full(self.n_rows, -1, dtype=np.int64)
        partners[self.rows[::-1]] = self.columns[::-1]
        return partners

    def to_frame(self):
        """Make a table of the pairs.

        Returns
        -------
        frame : DataFrame of n_pairs rows
            Columns row, column, score and confidence.
        """
        return pd.DataFrame(
            {
                "row": self.rows,
                "column": self.columns,
                "score": self.scores,
                "confidence": self.confidence,
            }
        )
