"""Texts read by eSpeak NG, of which the package espeakng-loader brings the library."""

import ctypes
import importlib

import numpy as np

_RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL: samples go to the callback
_UTF8 = 1
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Reader:
    """Reads texts aloud; `rate` is that of its samples (Hz). Raises ImportError without it."""

    def __init__(self, voice="en"):
        loader = importlib.import_module("espeakng_loader")
        self._library = ctypes.CDLL(loader.get_library_path())
        folder = loader.get_data_path().encode()
        self.rate = self._library.espeak_Initialize(_RETRIEVAL, 0, folder, 0)
        self._parts = []
        # Kept, for the library holds no reference to it.
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetVoiceByName(voice.encode())

    def read(self, text):
        """Samples of a text, float32."""
        self._parts.clear()
        data = text.encode()
        size = ctypes.c_size_t(len(data) + 1)
        self._library.espeak_Synth(data, size, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return np.concatenate([np.zeros(1), *self._parts]).astype(np.float32) / 32768

    def _take(self, samples, n, events):
        if samples and n > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (n,)).copy())
        return 0
