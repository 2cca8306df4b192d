"""From blocks of scores to tables of ranked items."""

import numpy as np
import pandas as pd

from mmclassic.interactions import ITEM, RANK, SCORE
from mmclassic.utils import top_k

_BLOCK_ELEMENTS = 1 << 22


def block_rows(width):
    """How many rows of `width` columns make a block of about 32 MiB of float64.

    Parameters
    ----------
    width : int >= 0
        Number of columns.

    Returns
    -------
    n_rows : int > 0
        Rows per block.
    """
    return max(1, _BLOCK_ELEMENTS // max(1, width))


def rank_blocks(score, exclude, *, n_rows, k, step):
    """Rank candidates for many rows, in blocks of bounded memory.

    Parameters
    ----------
    score : callable
        Takes a slice of rows and gives fresh scores (rows, candidates).
    exclude : callable
        Takes a slice of rows and gives the (row within the slice, candidate) pairs, two int
        arrays, that must not be ranked.
    n_rows : int >= 0
        Number of rows.
    k : int > 0
        Number of candidates to rank; every row must have as many after exclusion.
    step : int > 0
        Rows per block.

    Returns
    -------
    order : ndarray of int64 of shape (n_rows, k)
        Candidates, best first, ties by the lower index.
    values : ndarray of float64 of shape (n_rows, k)
        Their scores.
    """
    order = np.empty((n_rows, k), dtype=np.int64)
    values = np.empty((n_rows, k))
    for start in range(0, n_rows, step):
        rows = slice(start, min(start + step, n_rows))
        scores = score(rows)
        scores[exclude(rows)] = -np.inf
        order[rows] = top_k(scores, k)
        values[rows] = np.take_along_axis(scores, order[rows], axis=1)
    return order, values


def round_scores(scores):
    """Round scores to float32, so that rounding noise does not decide between equals.

    A matrix product gives other last bits when the same row comes in a block of another
    shape. Unrounded, two items with equal scores could change places with the company a
    user is asked in; after rounding they tie and keep the order of the candidates.

    Parameters
    ----------
    scores : ndarray of float64
        Scores as computed.

    Returns
    -------
    rounded : ndarray of float32
        A new array.
    """
    return scores.astype(np.float32)


def ranking_frame(key, keys, ids, order, values):
    """Build the table of ranked items.

    Parameters
    ----------
    key : str
        Name of the first column.
    keys : ndarray of shape (n_rows,)
        What each row was asked for.
    ids : ndarray of shape (n_candidates,)
        Item ids.
    order, values : ndarray of shape (n_rows, k)
        Ranked candidates and their scores.

    Returns
    -------
    frame : DataFrame
        Columns `key`, item_id, rank (from 1) and score.
    """
    n_rows, k = order.shape
    return pd.DataFrame(
        {
            key: np.repeat(keys, k),
            ITEM: ids[order.ravel()],
            RANK: np.tile(np.arange(1, k + 1), n_rows),
            SCORE: values.ravel(),
        }
    )
