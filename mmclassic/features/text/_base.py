"""What vectorizers of texts share: how columns are joined, and when a row says anything."""

from mmclassic.features._base import CellVectorizer
from mmclassic.features.text._decode import join_columns
from mmclassic.utils import row_norms


class TextCellVectorizer(CellVectorizer):
    """Base of the vectorizers of texts."""

    def combine(self, frame):
        """Join several text columns row by row, with a line break.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, n_columns)
            Text columns.

        Returns
        -------
        texts : Series of object of length n_rows
            The joined texts; None where all columns are missing.
        failures : list of tuple
            ``(row label, column, source, reason)`` of cells that are not text.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that is not text.
        """
        return join_columns(frame, on_error=self.on_error)

    def tells(self, block):
        """Which rows say anything: a text without a known term does not.

        Parameters
        ----------
        block : {ndarray, CSR} of shape (n_rows, n_features)
            Features of this vectorizer.

        Returns
        -------
        telling : ndarray of bool of shape (n_rows,)
            True where the row has a feature other than 0.
        """
        return row_norms(block) > 0
