"""Whole sounds whose length no header tells, or tells wrongly, and sounds that lack their end."""

import io
import struct

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from mmclassic.exceptions import CellError
from mmclassic.features.audio._decode import clip_rate, clip_seconds, read_clip

SR = 16_000
NOISE = 0.3 * np.random.default_rng(0).standard_normal(6 * SR).astype(np.float32)
# Quiet at first, so that of a variable bit rate the first frame is far from the others.
CLIP = np.where(np.arange(NOISE.size) < 2 * SR, 1e-4 * NOISE, NOISE)
ID3V2 = b"ID3\x03\0\0\0\x0c\x35\x40" + np.random.default_rng(1).bytes(203_456)  # a cover
ID3V1 = b"TAG" + b"a" * 125
APE = (
    b"APETAGEX\xd0\x07\0\0" + struct.pack("<I", 532) + bytes(16) + bytes(range(250)) * 2
    + b"APETAGEX" + bytes(24)
)  # fmt: skip
MODES = ("CONSTANT", "VARIABLE", "AVERAGE")


def encode(kind, y=CLIP, sr=SR, subtype=None, **options):
    stream = io.BytesIO()
    soundfile.write(stream, y, sr, format=kind, subtype=subtype, **options)
    return stream.getvalue()


def mp3(y=CLIP, sr=SR, mode="VARIABLE"):
    return encode("MP3", y, sr, bitrate_mode=mode, compression_level=0.5)


def frames_of(data):
    """The MP3 frames of a file that is nothing but frames, at 16 kHz: found by their sync word."""
    sync = data[:2]
    starts = [i for i in range(len(data)) if data[i : i + 2] == sync]
    # A frame ends where one begins: sizes of MPEG-2 at 16 kHz are 72,000 / 16,000 * kbit/s.
    sizes = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    at, frames = 0, []
    while at < len(data):
        assert at in starts
        size = 72 * sizes[(data[at + 2] >> 4) - 1] // 16
        frames.append(data[at : at + size])
        at += size
    return frames


def without_table(data):
    return b"".join(frames_of(data)[1:])


def read(cell, sr=SR, remark=None):
    y, said = read_clip(cell, sr)
    assert said == remark or remark in said
    return y


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("as_path", [True, False])
def test_mp3_without_a_table_is_read_whole(mode, as_path, tmp_path):
    whole = mp3(mode=mode)
    bare = without_table(whole)
    n_samples = 576 * (len(frames_of(whole)) - 1)
    for data in (bare, ID3V2 + bare, bare + ID3V1, ID3V2 + bare + APE + ID3V1):
        cell = data
        if as_path:
            cell = tmp_path / "clip.mp3"
            cell.write_bytes(data)
        y = read(cell)
        assert y.size == n_samples
        assert clip_seconds(cell) == n_samples / SR
        assert clip_rate(cell) == SR
        # The encoder begins with silence, of which only a table tells.
        start = 576 + 529
        assert_allclose(y[start : start + CLIP.size], read(whole), atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_mp3_with_a_table_and_tags_is_the_same_clip(mode):
    whole = mp3(mode=mode)
    expected = read(whole)
    assert expected.size == CLIP.size
    for data in (ID3V2 + whole, whole + ID3V1, ID3V2 + whole + APE + ID3V1, ID3V2 + ID3V2 + whole):
        assert_array_equal(read(data), expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("between", [b"", ID3V1, APE + ID3V1, ID3V2, ID3V1 + ID3V2])
def test_of_joined_mp3_files_all_is_read(mode, between):
    whole = mp3(mode=mode)
    bare = without_table(whole)
    n_samples = 576 * (len(frames_of(whole)) - 1)
    for first, second in ((whole, whole), (bare, bare), (whole, bare), (bare, whole)):
        assert read(first + between + second).size == 2 * n_samples
    y = read(bare + between + bare)
    # The frames at the seam need the ones before them.
    assert_allclose(y[n_samples + 2000 :], y[2000:n_samples], atol=1e-4)


def test_of_joined_mp3_files_whose_first_frame_is_large_all_is_read():
    # By it a decoder guesses how many frames there are, and not by that of the table.
    y = np.zeros((9 * SR, 2))
    y[:SR] = np.random.default_rng(0).normal(0, 0.2, (SR, 2))
    table, *frames = frames_of(encode("MP3", y, SR, bitrate_mode="VARIABLE", compression_level=0.1))
    largest = max(range(len(frames)), key=lambda i: len(frames[i]))
    frames = frames[largest:]
    assert len(frames[0]) > len(table)
    at = table.index(b"Xing") + 8
    whole = table[:at] + len(frames).to_bytes(4) + table[at + 4 :] + b"".join(frames)
    assert read(whole + whole).size == 2 * 576 * len(frames)


@pytest.mark.parametrize("sr", [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_every_version_of_mpeg_and_mono_or_stereo(sr, n_channels):
    y = np.repeat(CLIP[: 2 * sr, None], n_channels, axis=1)
    data = ID3V2 + mp3(y, sr, "VARIABLE") + ID3V1
    expected = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0].mean(axis=1)
    assert_allclose(read(data, sr), expected, atol=1e-6)
    spoilt = data.replace(b"Xing", b"\0\0\0\0", 1)  # a frame of silence instead of a table
    assert y.shape[0] < read(spoilt, sr).size < y.shape[0] + 4 * 1152


def test_tables_of_other_kinds():
    whole, bare = mp3(), without_table(mp3())
    n_frames = len(frames_of(bare))
    xing = whole[: len(whole) - len(bare)]
    at = xing.index(b"Xing") + 8

    def counting(n):
        return xing[:at] + struct.pack(">I", n) + xing[at + 4 :]

    silent = xing[: at - 4] + struct.pack(">I", 14) + xing[at:]  # does not tell the number
    vbri = (xing[:4] + bytes(32) + b"VBRI" + bytes(10) + struct.pack(">I", n_frames)).ljust(
        len(xing), b"\0"
    )
    # Some count the frame of the table; one that counts less is that of a part.
    for table in (counting(n_frames + 1), counting(7), counting(0), silent, vbri):
        assert_array_equal(read(table + bare), read(bare))
    for table in (counting(n_frames + 2), vbri):
        with pytest.raises(CellError, match=f"MPEG frames, there are {n_frames}|there are 150"):
            read(table + b"".join(frames_of(bare)[: 150 if table is vbri else None]))


def packed(bits):
    bits = bits.ljust(-len(bits) % 8 + len(bits), "0")
    return int(bits, 2).to_bytes(len(bits) // 8)


def layer_1(n_frames):
    """MPEG-1 layer I at 32 kHz, 32 kbit/s: one of 32 bands has 12 samples of 15 bits."""
    allocation = "".join(f"{14 if band == 3 else 0:04b}" for band in range(32))
    samples = "".join(f"{16384 + (-1) ** i * 9000:015b}" for i in range(12))
    frame = b"\xff\xff\x18\xc0" + packed(allocation + f"{10:06b}" + samples)
    return frame.ljust(48, b"\0") * n_frames


def test_layers_1_and_2_have_no_table():
    for n_frames in (10, 500):
        assert read(ID3V2 + layer_1(n_frames) + ID3V1, 32_000).size == 384 * n_frames
        # Layer II of 32 kbit/s at 32 kHz without a sample in any band.
        silent = (b"\xff\xfd\x18\xc0" + bytes(140)) * n_frames
        with pytest.raises(CellError, match=f"all {1152 * n_frames:,} samples are 0"):
            read(silent, 32_000)


def test_an_mp3_stream_may_begin_anywhere():
    bare = without_table(mp3())
    frames = frames_of(mp3())[1:]
    for skipped in (5, 60):
        start = sum(map(len, frames[:skipped])) - 20
        assert read(bare[start:]).size == 576 * (len(frames) - skipped)


@pytest.mark.parametrize("mode", MODES)
def test_a_truncated_mp3_is_an_error(mode):
    whole = mp3(mode=mode)
    frames = frames_of(whole)
    declared = len(frames) - 1
    for n_bytes in (len(whole) // 2, len(whole) - 1, sum(map(len, frames[:100]))):
        with pytest.raises(CellError, match=f"declares {declared} MPEG frames, there are"):
            read(whole[:n_bytes])
    bare = without_table(whole)
    for data in (bare[: sum(map(len, frames[1:50])) + 30], bare[:-1], bare + bare[:-1], bare[:40]):
        with pytest.raises(CellError, match="truncated: its last MPEG frame is cut"):
            read(data)
    joined = whole + whole
    with pytest.raises(CellError, match=f"declares {2 * declared} MPEG frames, there are"):
        read(joined[:-2000])


def test_damage_in_an_mp3_is_remarked_on():
    bare, zeros = without_table(mp3()), bytes(5000)
    at = sum(map(len, frames_of(mp3())[1:40]))
    for data in (bare[:at] + zeros + bare[at:], bare + zeros):
        y = read(data, remark="5,000 bytes among its MPEG frames are no sound")
        assert y.size == read(bare).size


def test_an_mp3_that_changes_its_rate_or_channels_is_an_error():
    stereo = np.stack([CLIP, CLIP], axis=1)
    for second in (mp3(sr=24_000), mp3(stereo)):
        with pytest.raises(
            CellError, match="the sound changes from MPEG layer 3 at 16000 Hz, mono"
        ):
            read(mp3() + second)


def ogg_pages(data):
    """Lengths of the pages."""
    at, lengths = 0, []
    while at < len(data):
        assert data[at : at + 4] == b"OggS"
        n = data[at + 26]
        lengths.append(27 + n + sum(data[at + 27 : at + 27 + n]))
        at += lengths[-1]
    return lengths


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_without_the_mark_of_its_end_is_whole(subtype):
    data = encode("OGG", subtype=subtype)
    lengths = ogg_pages(data)
    expected = read(data)
    assert expected.size == CLIP.size
    for n_left in (1, 2):
        left = data[: sum(lengths[:-n_left])]
        y = read(left)
        assert 0.2 * CLIP.size < y.size < CLIP.size
        assert_allclose(y[:-2000], expected[: y.size - 2000], atol=1e-5)
        with pytest.raises(CellError, match="the last page of the OGG stream is not whole"):
            read(data[: sum(lengths[:-n_left]) + 100])
    assert_array_equal(read(data + ID3V1), expected)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_of_chained_ogg_all_is_read(subtype):
    data = encode("OGG", subtype=subtype)
    short = encode("OGG", CLIP[:SR], subtype=subtype)
    assert_array_equal(read(data + short + data), np.r_[read(data), read(short), read(data)])
    assert clip_seconds(data + short) == 7
    with pytest.raises(CellError, match="the last page of the OGG stream is not whole"):
        read(data + short[:-10])
    with pytest.raises(CellError, match=r"the sound changes from 16000 Hz, 1 .* to 16000 Hz, 2"):
        read(data + encode("OGG", np.stack([CLIP, CLIP], axis=1), subtype=subtype))


def of_unknown_length(flac):
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


@pytest.mark.parametrize("n_samples", [500, 4096, 4097, 30_000, CLIP.size])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_flac_of_unknown_length_is_read_whole(n_samples, n_channels):
    y = np.repeat(NOISE[:n_samples, None], n_channels, axis=1)
    data = encode("FLAC", y)
    expected = read(data)
    assert expected.size == n_samples
    streamed = of_unknown_length(data)
    assert_array_equal(read(streamed), expected)
    assert clip_seconds(streamed) == n_samples / SR
    assert_array_equal(read(streamed + ID3V1), expected)
    for joined in (data + data, streamed + streamed, streamed + data):
        assert_array_equal(read(joined), np.r_[expected, expected])
    with pytest.raises(CellError, match="the last FLAC frame is not whole"):
        read(streamed[:-5])


SIZES = {
    "WAV": (lambda data: data.index(b"data") + 4, "<I"),
    "WAVEX": (lambda data: data.index(b"data") + 4, "<I"),
    "RF64": (lambda data: data.index(b"ds64") + 16, "<Q"),
    "W64": (lambda data: data.index(b"data\xf3") + 16, "<Q"),
    "AIFF": (lambda data: data.index(b"SSND") + 4, ">I"),
    "AU": (lambda data: 8, ">I"),
    "CAF": (lambda data: data.index(b"data") + 4, ">Q"),
}


def sized(kind, size, data):
    at, field = SIZES[kind][0](data), SIZES[kind][1]
    return data[:at] + struct.pack(field, size) + data[at + struct.calcsize(field) :]


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_sizes_that_stand_for_an_unknown_one_are_no_truncation(kind, subtype):
    data = encode(kind, CLIP / 2, subtype=subtype)
    if kind in ("WAV", "WAVEX", "AIFF"):
        data = data[:4] + bytes(4) + data[8:]  # the size of the file is not known either
    expected = read(encode("WAV", CLIP / 2, subtype=subtype))
    bits = 8 * struct.calcsize(SIZES[kind][1])
    for size in (0, 2**bits - 1, 2 ** (bits - 1) - 1, 0x7FFFF000, 0x80000000, 0x7FFF0000):
        assert_array_equal(read(sized(kind, size, data)), expected)
    with pytest.raises(CellError, match=r"declares (2,000,000,000|1,999,999,976) bytes, there are"):
        read(sized(kind, 2_000_000_000, data))


@pytest.mark.parametrize("kind", [*SIZES, "NIST", "SVX"])
@pytest.mark.parametrize("as_path", [True, False])
def test_files_that_lack_their_end_are_errors(kind, as_path, tmp_path):
    data = encode(kind, CLIP[:8000])
    assert read(data).size == 8000
    for share in (0.3, 0.6, 0.99):
        cell = data[: int(len(data) * share)]
        if as_path:
            (tmp_path / "clip").write_bytes(cell)
            cell = tmp_path / "clip"
        with pytest.raises(CellError, match=r"truncated: its header declares 16,00\d bytes|no sam"):
            read(cell)


def test_a_wav_file_whose_writer_was_ended_is_read_and_an_empty_one_is_empty():
    data = sized("WAV", 0, encode("WAV", CLIP[:8000]))
    assert read(data[:4] + struct.pack("<I", 36) + data[8:]).size == 8000
    with pytest.raises(CellError, match="no samples"):
        read(data)


@pytest.mark.parametrize("kind", SIZES)
def test_joined_files_of_a_declared_size_are_errors(kind):
    for n_samples in (8000, 8001):
        data = encode(kind, CLIP[:n_samples], subtype="PCM_U8" if kind == "WAV" else None)
        with pytest.raises(CellError, match="another file follows the sound within the file"):
            read(data + data)


@pytest.mark.parametrize("kind", ["VOC", "AVR", "MAT4", "MAT5", "MPC2K", "WVE"])
def test_kinds_whose_end_cannot_be_checked_are_refused(kind):
    with pytest.raises(CellError, match=f"the kind {kind} are not read, .* convert it to WAV"):
        read(encode(kind, CLIP[:8000], 8000))
