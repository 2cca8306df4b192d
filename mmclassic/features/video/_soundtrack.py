"""The sound of a clip as one channel at one rate."""

from mmclassic.features.audio._mixer import Mixer
from mmclassic.features.video._media import walk


class Soundtrack:
    """Takes the samples of a clip; `start` is the time of the first (s)."""

    def __init__(self, sr, channel=None):
        self._sr, self._channel, self._mixer, self.start = sr, channel, None, 0.0

    def __call__(self, block, rate, time):
        if self._mixer is None:
            self._mixer, self.start = Mixer(rate, self._sr, self._channel), time
        self._mixer.add(block)

    def finish(self, cell):
        """Samples, or None if there are none or all are alike, and a remark or None.

        Where the mean of all channels cancels out, the clip is read again for the loudest.
        """
        if self._mixer is None:
            return None, None
        channel = self._mixer.loudest_if_cancelled()
        if channel is not None:
            again = Soundtrack(self._sr, channel)
            walk(cell, sound=again)
            sound, _ = again.finish(cell)
            return sound, f"its channels cancel out; channel {channel} stands for all"
        return (None if self._mixer.is_silent else self._mixer.finish()), None
