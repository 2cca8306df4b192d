"""How loud a clip is over time: where it begins and ends to be heard, and its level."""

import numpy as np

# Our own, and not librosa.effects.trim, which gives the same samples (of 3,000 random clips) in 6
# times the time for 0.5 s at 8 kHz (0.09 ms, where the MFCC take 0.08) and in 17 times for a minute
# at 16 kHz. It also leaves a clip as it is whose frames all have less than 1e-10 of full power.

# A frame of four hops, as is usual; seconds, so that it means the same at any sampling rate.
_HOP = 0.016
_HOPS_PER_FRAME = 4


def trim(y, sr, top_db):
    """A view of the samples from the first to the last frame within `top_db` of the loudest."""
    return y[slice(*heard(frame_energies(y, sr), sr, top_db))]


def heard(energies, sr, top_db):
    """The samples, first and one past the last, of what is within `top_db` of the loudest frame."""
    # "At least", so that something is heard where all energies are 0 or infinite in float32.
    loud = np.flatnonzero(energies >= energies.max() * 10 ** (-top_db / 10))
    hop = _hop(sr)
    return loud[0] * hop, (loud[-1] + 1) * hop


def loudest_sample(y, sr):
    """The sample in the middle of the loudest frame."""
    return int(frame_energies(y, sr).argmax()) * _hop(sr)


def level(y, energies, sr):
    """Root mean square of the loudest frame, decibels of full scale."""
    loudest = energies.max()
    if not 0 < loudest < np.inf:  # of float32; the squares of float64 hold those of any float32
        loudest = frame_energies(y.astype(np.float64), sr).max()
    return 10 * np.log10(loudest / (_HOPS_PER_FRAME * _hop(sr)))


def frame_energies(y, sr):
    """Energies of centred frames, one per hop."""
    hop = _hop(sr)
    whole = y.size // hop
    # Frames overlap by whole hops: the energy of each is summed once, and then four at a time.
    steps = np.zeros(1 + whole + _HOPS_PER_FRAME)
    margin = _HOPS_PER_FRAME // 2
    blocks = y[: whole * hop].reshape(whole, hop)
    steps[margin : margin + whole] = np.einsum("ij,ij->i", blocks, blocks)
    # In the precision of the rest: what underflows there must not outweigh it here.
    steps[margin + whole] = np.einsum("i,i->", y[whole * hop :], y[whole * hop :])
    return np.convolve(steps, np.ones(_HOPS_PER_FRAME), mode="valid")[: whole + 1]


def _hop(sr):
    return max(1, round(_HOP * sr))
