"""Cut silence off both ends of a clip."""

import numpy as np

# A frame of four hops, as is usual; seconds, so that it means the same at any sampling rate.
_HOP = 0.016
_HOPS_PER_FRAME = 4


def trim(y, sr, top_db):
    """Cut the ends that are far quieter than the loudest frame of the clip.

    Parameters
    ----------
    y : ndarray of float of shape (n_samples,)
        Samples.
    sr : float > 0, Hz
        Sampling rate.
    top_db : float > 0, dB
        How much quieter silence is.

    Returns
    -------
    y : ndarray of float
        A view of the samples from the first frame that is heard to the last.
    """
    hop = max(1, round(_HOP * sr))
    energies = _frame_energies(y, hop)
    heard = np.flatnonzero(energies > energies.max() * 10 ** (-top_db / 10))
    return y[heard[0] * hop : (heard[-1] + 1) * hop]


def _frame_energies(y, hop):
    """Energies of centred frames, one per hop."""
    whole = y.size // hop
    steps = np.zeros(1 + whole + _HOPS_PER_FRAME)
    margin = _HOPS_PER_FRAME // 2
    blocks = y[: whole * hop].reshape(whole, hop)
    steps[margin : margin + whole] = np.einsum("ij,ij->i", blocks, blocks)
    steps[margin + whole] = np.square(y[whole * hop :], dtype=np.float64).sum()
    return np.convolve(steps, np.ones(_HOPS_PER_FRAME), mode="valid")[: whole + 1]
