"""Every audio descriptor on the longest, shortest, widest and fastest clips."""

import io
import tracemalloc
import warnings

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose

from mmclassic.features import MFCC, AudioVectorizer, Chroma, LogMel, SpectralShape, Tempo

DESCRIPTORS = [MFCC(), LogMel(), SpectralShape(), Chroma(), Tempo()]


def noise(size, seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal(size).astype(np.float32)


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=repr)
def test_memory_grows_with_the_clip_and_not_with_its_spectra(descriptor):
    y = noise(300 * 8000)
    descriptor.frames(y[:20_000], 8000)  # filters are made once
    tracemalloc.start()
    descriptor.frames(y, 8000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Spectra alone are several times the clip, the tempogram eight times.
    assert peak < 2 * y.nbytes


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=repr)
@pytest.mark.parametrize("rate", [8000, 44100, 192_000])
def test_any_rate_and_eight_channels(descriptor, rate):
    # The same sound in every channel, below 4 kHz, at whatever rate.
    time = np.arange(3 * rate) / rate
    mono = 0.3 * np.sin(2 * np.pi * 440 * time) * (1 + np.sin(2 * np.pi * 3 * time))
    stream = io.BytesIO()
    wide = np.repeat(mono[:, None], 8, axis=1)
    soundfile.write(stream, wide, rate, format="WAV", subtype="FLOAT")
    vectorizer = AudioVectorizer([("it", descriptor)], sr=8000, scale=False, pooling=("p50",))
    rows = vectorizer.fit_transform([stream.getvalue(), (mono, rate)])
    assert_allclose(rows[0], rows[1], rtol=1e-3, atol=1e-3)
    native = AudioVectorizer([("it", descriptor)], sr=rate, scale=False)
    assert np.isfinite(native.fit_transform([stream.getvalue()])).all()


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=repr)
@pytest.mark.parametrize("sr", [4000, 16000, 48000])
def test_the_shortest_clip_and_one_sample_less(descriptor, sr):
    shortest = descriptor._shortest(sr)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(descriptor.frames(noise(shortest), sr)).all()
    name = type(descriptor).__name__
    with pytest.raises(ValueError, match=rf"{name} needs at least {shortest} \("):
        descriptor.frames(noise(shortest - 1), sr)
