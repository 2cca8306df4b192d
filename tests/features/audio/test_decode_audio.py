"""Every kind of audio cell, and every way in which one can be broken."""

import io
import struct
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import AudioVectorizer
from mmclassic.features.audio._decode import clip_rate, read_clip

SR = 8000
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(4000) / SR)).astype(np.float32)


def encode(y, sr=SR, kind="WAV", subtype=None):
    stream = io.BytesIO()
    soundfile.write(stream, y, sr, format=kind, subtype=subtype)
    return stream.getvalue()


def samples_of(cell, sr, **options):
    y, remark = read_clip(cell, sr, **options)
    assert remark is None
    return y


def test_all_containers_of_one_clip_agree(tmp_path):
    data = encode(TONE, subtype="FLOAT")
    path = tmp_path / "声音 tone.wav"
    path.write_bytes(data)
    for cell in (path, str(path), data, (TONE, SR), (TONE.astype(np.float64), SR)):
        assert_array_equal(samples_of(cell, SR), TONE)
    assert_array_equal(samples_of(TONE, SR, array_sr=SR), TONE)


@pytest.mark.parametrize(
    ("kind", "atol"), [("WAV", 1e-4), ("AIFF", 1e-4), ("FLAC", 1e-4), ("OGG", 0.1)]
)
def test_formats(kind, atol):
    assert_allclose(samples_of(encode(TONE, kind=kind), SR), TONE, atol=atol)


def test_mp3():
    y = samples_of(encode(TONE, kind="MP3"), SR)
    assert y.size >= TONE.size
    assert np.abs(np.fft.rfft(y)).argmax() * SR / y.size == pytest.approx(440, abs=3)


def test_integer_samples_are_scaled_by_their_full_range():
    samples = np.array([-32768, 0, 16384], dtype=np.int16)
    assert samples_of((samples, SR), SR).tolist() == [-1.0, 0.0, 0.5]


SHORTS = (20_000 * TONE).astype(np.int16)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (SHORTS.astype(np.float64), "the float samples reach 10000, where full scale is 1; divide"),
        (SHORTS.astype(np.float32), "the float samples reach 10000"),
        (SHORTS.astype(np.float16), "the float samples reach 10000"),
        (SHORTS / 256, r"the float samples reach 39\.062, where full scale is 1"),
        (np.stack([SHORTS, -SHORTS], axis=1).astype(float), "the float samples reach 10000"),
        (np.where(np.arange(4000) == 9, 1e25, TONE), r"the float samples reach 1e\+25"),
        (np.where(np.arange(4000) == 9, 1e300, TONE.astype(float)), "NaN or infinite"),
        (SHORTS.astype(np.int32), "the 32-bit samples reach .* as narrower ones in a wider type"),
        (SHORTS.astype(np.int64), "the 64-bit samples reach .* as narrower ones in a wider type"),
        ((TONE * 2**31).astype(np.int64), "the 64-bit samples reach .* as narrower ones"),
        ((128 + 100 * TONE).astype(np.uint8), "got uint8. Unsigned ones have their zero at half"),
        ((32768 + 100 * TONE).astype(np.uint16), "got uint16. Unsigned ones"),
    ],
    ids=lambda value: getattr(value, "dtype", ""),
)
def test_samples_far_beyond_or_below_their_scale_are_refused(samples, message):
    with pytest.raises(CellError, match=message):
        samples_of((samples, SR), SR)


def test_files_of_samples_far_beyond_their_scale_are_refused():
    for kind in ("WAV", "AIFF", "AU", "CAF", "RF64"):
        with pytest.raises(CellError, match="the float samples reach 10000"):
            samples_of(encode(SHORTS.astype(np.float32), kind=kind, subtype="FLOAT"), SR)
        with pytest.raises(CellError, match=r"the 32-bit samples reach .* as narrower ones"):
            samples_of(encode(SHORTS.astype(np.int32), kind=kind, subtype="PCM_32"), SR)


@pytest.mark.parametrize("encoded", [True, False])
def test_headroom_is_kept_and_24_bits_in_32_are_remarked_on(encoded):
    loud = (18 * TONE).astype(np.float32)
    cell = encode(loud, subtype="FLOAT") if encoded else (loud, SR)
    assert_array_equal(samples_of(cell, SR), loud)
    for bits in (8, 16, 32, 64):
        samples = (TONE * 2.0 ** (bits - 1)).astype(f"int{bits}")
        assert_allclose(samples_of((samples, SR), SR), TONE, atol=1e-2)
    narrow = (TONE * 2**23).astype(np.int32)
    cell = encode(narrow, subtype="PCM_32") if encoded else (narrow, SR)
    y, remark = read_clip(cell, SR)
    assert remark == (
        "the 32-bit samples reach 0.002 of full scale; if they are 24 bits wide, multiply them by "
        "256"
    )
    assert_allclose(256 * y, TONE, atol=1e-6)
    quiet = SHORTS // 512  # 16 bits are as they are
    assert_array_equal(samples_of((quiet, SR), SR), quiet / np.float32(2**15))


@pytest.mark.parametrize("encoded", [True, False])
def test_channels_are_averaged(encoded):
    stereo = np.stack([TONE, 0.5 * TONE], axis=1)
    cell = encode(stereo, subtype="FLOAT") if encoded else (stereo, SR)
    assert_allclose(samples_of(cell, SR), 0.75 * TONE, rtol=1e-6)


OPPOSITE = np.stack([TONE, -TONE], axis=1)
NOISE = 1e-3 * np.random.default_rng(0).standard_normal((4000, 2)).astype(np.float32)


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize(
    "stereo",
    [OPPOSITE, OPPOSITE + NOISE, OPPOSITE * [1, 0.95] + 0.2],
    ids=["exact", "noisy", "unequal and offset"],
)
def test_of_channels_of_opposite_phase_the_loudest_is_taken(stereo, encoded, monkeypatch):
    # Their mean is silence or the residue of it, which says nothing of the sound.
    monkeypatch.setattr("mmclassic.features.audio._decode._BLOCK_FRAMES", 777)
    cell = encode(stereo, subtype="FLOAT") if encoded else (stereo, SR)
    for sr in (SR, 11025):
        y, remark = read_clip(cell, sr)
        loudest = int(np.argmax(stereo.var(axis=0)))
        assert "the channels cancel out: their mean is more than 30 dB below" in remark
        assert f"the loudest, channel {loudest}, stands for the clip" in remark
        assert_array_equal(y, samples_of((stereo[:, loudest].astype(np.float32), SR), sr))


@pytest.mark.parametrize(
    "options",
    [{}, {"n_jobs": 2}, {"on_error": "missing"}, {"cache": "features"}],
    ids=["plain", "workers", "missing", "cache"],
)
def test_channels_of_opposite_phase_are_one_warning_and_no_failure(options, tmp_path):
    if "cache" in options:
        options = {"cache": tmp_path / options["cache"]}
    names = [str(tmp_path / f"{i}.wav") for i in range(40)]
    for i, name in enumerate(names):
        soundfile.write(
            name, OPPOSITE * [0.95, 1] if i in (3, 37) else OPPOSITE + TONE[:, None], SR
        )
    column = pd.Series(names, index=[f"row{i}" for i in range(40)], name="clip")
    vectorizer = AudioVectorizer(scale=False, **options)
    message = (
        r"2 cell\(s\) are used, but not as they are; the first: row 'row3', column 'clip', "
        r"'.*3.wav': the channels cancel out.*channel 1"
    )
    for _ in range(2):
        with pytest.warns(CellWarning, match=message) as caught:
            block = vectorizer.fit_transform(column)
        assert len(caught) == 1
        assert vectorizer.failures_.empty
    channel = soundfile.read(names[3], dtype="float32")[0][:, 1]  # as 16 bits hold it
    alone = AudioVectorizer(scale=False).fit_transform([(channel, SR)])
    assert_array_equal(block[[3, 37]], np.repeat(alone, 2, axis=0))


@pytest.mark.parametrize("n_channels", [2, 8, 64])
def test_independent_channels_do_not_cancel(n_channels):
    noise = np.random.default_rng(0).standard_normal((8000, n_channels)).astype(np.float32)
    assert_allclose(samples_of((noise, SR), SR), noise.mean(axis=1), atol=1e-6)
    noise[:, 1:] = 0
    assert_allclose(samples_of((noise, SR), SR), noise[:, 0] / n_channels, atol=1e-6)


def test_silent_channels_are_silent_and_not_cancelled():
    with pytest.raises(CellError, match="the clip is silent"):
        samples_of((np.zeros((4000, 2)), SR), SR)


@pytest.mark.parametrize("sr", [8000, 16000, 11025])
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16"])
def test_blocks_leave_no_seams(sr, subtype, monkeypatch):
    y = np.random.default_rng(0).uniform(-1, 1, (20_000, 2)).astype(np.float32)
    cells = [encode(y, subtype=subtype), ((y * 2**15).astype(np.int16), SR)]
    whole = [samples_of(cell, sr) for cell in cells]
    monkeypatch.setattr("mmclassic.features.audio._decode._BLOCK_FRAMES", 777)
    for cell, expected in zip(cells, whole):
        assert_array_equal(samples_of(cell, sr), expected)


def test_samples_that_are_not_finite_give_no_warning():
    stereo = np.stack([TONE, TONE], axis=1)
    stereo[5], stereo[9] = np.inf, np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CellError, match="NaN or infinite"):
            samples_of((stereo, SR), SR)


def test_a_long_file_is_never_in_memory_as_it_is(tmp_path):
    n_samples, path = 60 * 44_100, tmp_path / "long.wav"
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, (n_samples, 2)), 44_100)
    vectorizer = AudioVectorizer(sr=8000)
    vectorizer.fit([(TONE, SR)])  # modules that load on first use are not the clip's memory
    tracemalloc.start()
    vectorizer.fit([path])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.7 * n_samples * 2 * 4


def test_resampling_is_soxr_hq():
    assert_array_equal(samples_of((TONE, SR), 16000), soxr.resample(TONE, SR, 16000, "HQ"))


def test_long_files_are_read_whole():
    y = np.random.default_rng(0).uniform(-1, 1, 600_000).astype(np.float32)
    assert_array_equal(samples_of(encode(y, subtype="FLOAT"), SR), y)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "AIFF", "MP3"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("as_path", [True, False])
def test_a_truncated_file_is_an_error(kind, share, as_path, tmp_path):
    data = encode(np.tile(TONE, 20), kind=kind)
    data = data[: int(len(data) * share)]
    if as_path:
        (tmp_path / "clip").write_bytes(data)
        data = tmp_path / "clip"
    with pytest.raises(CellError, match=r"truncated|no samples|cannot be decoded"):
        samples_of(data, SR)


def test_a_truncated_wav_says_how_much_is_missing():
    with pytest.raises(CellError, match=r"declares 8,000 bytes, there are 7,000"):
        samples_of(encode(TONE)[:-1000], SR)


def test_a_wav_header_that_declares_gigabytes_is_refused():
    data = bytearray(encode(TONE))
    at = data.index(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", 2_000_000_000)
    with pytest.raises(CellError, match="declares 2,000,000,000 bytes"):
        samples_of(bytes(data), SR)


def test_a_streamed_wav_of_unknown_length_is_read():
    data = bytearray(encode(TONE, subtype="FLOAT"))
    at = data.index(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", 0xFFFFFFFF)
    assert_array_equal(samples_of(bytes(data), SR), TONE)


def test_chunks_around_the_samples_are_no_truncation():
    data = encode(TONE)
    note = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert samples_of(data[:12] + note + data[12:] + note, SR).size == TONE.size


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("no/such/file.wav", "file not found"),
        (b"", "the bytes are empty"),
        (b"just text, not a sound", "cannot be decoded"),
        (encode(np.zeros(0)), "no samples"),
        (encode(np.zeros(4000)), r"the clip is silent \(all 4,000 samples are 0\)"),
        (encode(np.r_[np.nan, TONE], subtype="FLOAT"), "NaN or infinite"),
        ((np.zeros(0), SR), "no samples"),
        ((TONE, 100), "the sampling rate is 100 Hz; it must be from 4,000 to 1,000,000 Hz"),
        ((TONE, -1), "the sampling rate is -1 Hz"),
        ((TONE, float("nan")), "the sampling rate is nan Hz"),
        (encode(TONE, 2_000_000), "the sampling rate is 2e\\+06 Hz"),
        ((SR, TONE), r"a tuple must be \(samples, rate in Hz\); got \(int, ndarray\)"),
        ((TONE,), r"a tuple must be \(samples, rate in Hz\); got \(ndarray\)"),
        ((np.stack([TONE, TONE]), SR), "more channels than samples"),
        ((np.zeros((2, 2, 2)), SR), "must be 1-D or"),
        ((TONE > 0, SR), "must be float or signed integers; got bool"),
        (TONE, "a bare array does not tell its sampling rate"),
        (5, "a clip must be a path, encoded bytes, a tuple .* got int"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_used_says_why(cell, message):
    with pytest.raises(CellError, match=message):
        samples_of(cell, SR)


def test_the_rate_comes_from_the_header(tmp_path):
    assert clip_rate(encode(TONE, 11025)) == 11025
    assert clip_rate((TONE, 22050)) == 22050
    for unclear in (TONE, "no/such/file.wav", b"not a sound", (SR, TONE), (TONE, 1), tmp_path, 5):
        assert clip_rate(unclear) is None


KINDS = ("WAV", "AIFF", "FLAC", "OGG", "MP3", "AU", "RF64", "W64", "CAF", "NIST")
ORIGINALS = [encode(TONE, kind=kind) for kind in KINDS]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ORIGINALS), st.data())
def test_damaged_bytes_give_a_clip_or_our_error(original, data):
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 8))):
        # Headers are where damage is most confusing.
        at = data.draw(st.integers(0, 99) | st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    try:
        y, _ = read_clip(bytes(damaged), SR)
    except CellError:
        return
    assert y.dtype == np.float32
    assert np.isfinite(y).all()
