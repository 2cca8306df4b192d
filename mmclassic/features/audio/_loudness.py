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
    return y[slice(*heard(*frame_energies([y], sr), sr, top_db)[0])]


def heard(energies, lengths, sr, top_db):
    """First sample of every clip within `top_db` of its loudest frame, and one past the last.

    Shape (n_clips, 2); of the energies of all frames and their number by clip.
    """
    stops = np.cumsum(lengths)
    starts = stops - lengths
    # "At least", so that something is heard where all energies are 0 or infinite in float32.
    bounds = np.maximum.reduceat(energies, starts) * 10 ** (-top_db / 10)
    loud = np.flatnonzero(energies >= np.repeat(bounds, lengths))
    first, last = loud[loud.searchsorted(starts)], loud[loud.searchsorted(stops) - 1]
    return np.stack([first - starts, last - starts + 1], axis=1) * _hop(sr)


def loudest_sample(y, sr):
    """The sample in the middle of the loudest frame."""
    return int(frame_energies([y], sr)[0].argmax()) * _hop(sr)


def levels(clips, energies, lengths, sr):
    """Root mean square of the loudest frame of every clip, decibels of full scale."""
    loudest = np.maximum.reduceat(energies, np.cumsum(lengths) - lengths)
    # Of float32; the squares of float64 hold those of any float32.
    for i in np.flatnonzero((loudest == 0) | (loudest == np.inf)):
        loudest[i] = frame_energies([clips[i].astype(np.float64)], sr)[0].max()
    return 10 * np.log10(loudest / (_HOPS_PER_FRAME * _hop(sr)))


def frame_energies(clips, sr):
    """Energies of centred frames, one per hop, one clip behind the other; their number by clip."""
    hop = _hop(sr)
    lengths = np.array([1 + y.size // hop for y in clips])
    # Frames overlap by whole hops: the energy of each is summed once, and then four at a time.
    # Between clips lie as many zeros as a frame reaches beyond a clip.
    margin = _HOPS_PER_FRAME // 2
    starts = np.cumsum(lengths + margin) - lengths
    steps = np.zeros(starts[-1] + lengths[-1] + margin)
    for y, start, stop in zip(clips, starts.tolist(), (starts + lengths - 1).tolist()):
        blocks = y[: (stop - start) * hop].reshape(-1, hop)
        steps[start:stop] = np.vecdot(blocks, blocks)
        # In the precision of the rest: what underflows there must not outweigh it here.
        rest = y[blocks.size :]
        steps[stop] = np.vecdot(rest, rest)
    sums = sum(steps[i : len(steps) + 1 - _HOPS_PER_FRAME + i] for i in range(_HOPS_PER_FRAME))
    rows = np.repeat(starts - margin - (np.cumsum(lengths) - lengths), lengths)
    return sums[rows + np.arange(lengths.sum())], lengths


def _hop(sr):
    return max(1, round(_HOP * sr))
