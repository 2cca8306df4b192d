"""Clips that are described together, and what their descriptors share."""

from functools import partial

import numpy as np

from mmclassic.features.audio._frame_grid import describe_spectra
from mmclassic.features.audio._loudness import frame_energies, heard, levels
from mmclassic.features.audio._mel import bound_range, mel_bands


class Sounds:
    """Clips at one rate, as a descriptor is to hear them: as they are, levelled or trimmed.

    What several descriptors need of the same clips is made once, above all the mel bands: those of
    a levelled clip are shifted and those of a trimmed one are cut, so that blocks that differ in
    level and trim share their spectra, which take most of the time. In the same pass goes what else
    is expected of some of these spectra.

    Parameters
    ----------
    clips : list of ndarray of shape (n_samples,)
        Clips of any length, all float32 or all float64.
    sr : float > 0, Hz
        Sampling rate.
    """

    def __init__(self, clips, sr):
        self.sr = sr
        self._clips, self._level, self._trim_db = clips, False, None
        self._shared, self._expected = {}, []

    def prepared(self, *, level, trim_db):
        """The same clips, the loudest frame of each at 0 dB if `level`, ends trimmed at `trim_db`.

        The frame, of 64 ms, has a root mean square of 1; None trims nothing.
        """
        other = Sounds(self._clips, self.sr)
        other._level, other._trim_db = level, trim_db
        other._shared, other._expected = self._shared, self._expected
        return other

    def samples(self):
        """The list of clips, levelled and trimmed; float32 or float64, not to be written to."""
        clips = self.levelled()
        if self._trim_db is None:
            return clips
        return [y[first:stop] for y, (first, stop) in zip(clips, self._heard())]

    def expect(self, grid, describe):
        """Tell of a call of `describe_spectra` to come: finer spectra made before will serve it."""
        if not self._level:
            self._expected.append((grid, describe))

    def describe_spectra(self, grid, describe):
        """What `describe` makes of the power spectra of the frames heard, and their number by clip.

        It is called with spectra (n, n_fft // 2 + 1), which it must not keep, and the rate.
        """
        if not self._level:
            return self.heard_frames(*self._describe_spectra(grid, describe), grid)
        part = 1, partial(describe, sr=self.sr)
        return self.heard_frames(*describe_spectra(self.levelled(), grid, [part])[0], grid)

    def heard_frames(self, frames, lengths, grid):
        """Of the frames of whole clips and their numbers, those whose middle is heard."""
        if self._trim_db is None:
            return frames, lengths
        firsts, stops = grid.frames_within(self._heard(), lengths)
        starts, lengths = np.cumsum(lengths) - lengths + firsts, stops - firsts
        rows = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        return frames[rows + np.arange(lengths.sum())], lengths

    def levelled(self):
        """The list of whole clips, levelled; not to be written to."""
        if not self._level:
            return self._clips
        gains = 10 ** (-self._levels() / 20)
        return [y * y.dtype.type(gain) for y, gain in zip(self._clips, gains)]

    def mel_decibels(self, grid, n_mels):
        """Mel bands of all frames, and the number of frames of every clip.

        Of shape (n_frames, n_mels), one clip below the other, at most 80 dB below the loudest of
        the clip; shared and not to be written to. A trimmed clip keeps the frames whose middle is
        heard; they see the samples around it.
        """
        return self.once(("bands", grid, n_mels), lambda: self._mel_decibels(grid, n_mels))

    def once(self, key, make):
        """What `make` gives, made once for all descriptors that hear the clips like this."""
        return self._once((*key, self._level, self._trim_db), make)

    def _mel_decibels(self, grid, n_mels):
        bands = mel_bands(grid.n_fft, n_mels)
        decibels, lengths = self.heard_frames(*self._describe_spectra(grid, bands), grid)
        return bound_range(decibels, lengths, self._levels() if self._level else None), lengths

    def _describe_spectra(self, grid, describe):
        """The same of the clips as they are; with it what is expected of some of the frames."""
        if (grid, describe) not in self._shared:
            steps = {wanted: wanted[0].step_of(grid) for wanted in self._expected}
            steps = {w: step for w, step in steps.items() if step and w not in self._shared}
            steps[grid, describe] = 1
            parts = [(step, partial(make, sr=self.sr)) for (_, make), step in steps.items()]
            self._shared.update(zip(steps, describe_spectra(self._clips, grid, parts)))
        return self._shared[grid, describe]

    def _heard(self):
        """First and stop sample of what is left of every clip, shape (n_clips, 2)."""
        return self._once(
            ("heard", self._trim_db),
            lambda: heard(*self._energies(), self.sr, self._trim_db),
        )

    def _levels(self):
        """Level of every clip, dB; of the whole clip, whose loudest frame is never trimmed."""
        return self._once("levels", lambda: levels(self._clips, *self._energies(), self.sr))

    def _energies(self):
        return self._once("energies", lambda: frame_energies(self._clips, self.sr))

    def _once(self, key, make):
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]
