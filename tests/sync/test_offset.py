"""Planted offsets and drift are found, and chance is told from them."""

import numpy as np
import pytest
import scipy.signal

from mmclassic.sync import Stream, estimate_drift, estimate_offset


@pytest.fixture(params=[0, 1, 2])
def rng(request):
    return np.random.default_rng(request.param)


def test_the_curve_is_the_correlation_of_what_overlaps(rng):
    x, y = rng.normal(size=(30, 2)), rng.normal(size=(12, 2))
    found = estimate_offset(Stream(x, rate=10.0, start=1.0), Stream(y, rate=10.0))
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean(0)) / y.std(0)
    for lag, got in zip(np.rint((found.lags - 1.0) * 10).astype(int), found.correlation):
        p, q = x[max(lag, 0) : lag + 12], y[max(-lag, 0) : 30 - lag]
        wanted = (p * q).sum() / np.sqrt((p**2).sum() * (q**2).sum())
        assert got == pytest.approx(wanted)


def test_moving_the_second_stream_moves_the_offset(rng):
    x = rng.normal(size=(400, 3))
    a, b = Stream(x, rate=20.0), Stream(x[80:300], rate=20.0)
    one = estimate_offset(a, b)
    assert one.offset == pytest.approx(4.0, abs=0.01)
    assert one.confidence > 10
    assert estimate_offset(a, b.shift(7.5)).offset == pytest.approx(one.offset - 7.5)
    assert estimate_offset(b, a).offset == pytest.approx(-one.offset, abs=0.01)
    by_times = Stream(b.values, times=b.seconds())
    assert estimate_offset(a, by_times).offset == pytest.approx(one.offset, abs=1e-6)


def test_an_offset_between_frames_is_found(rng):
    x = scipy.signal.resample(rng.normal(size=120), 3000)  # ten times as fine as the streams
    a, b = Stream(x[::10], rate=25.0), Stream(x[1003::10][:150], rate=25.0)
    assert estimate_offset(a, b).offset * 25 == pytest.approx(100.3, abs=0.1)


def test_samples_by_phat_and_by_noise(rng):
    sound = scipy.signal.lfilter([1.0], [1.0, -0.95], rng.normal(size=16000))
    heard = -sound[3000:11000] + 0.1 * rng.normal(size=8000)  # of the other polarity
    found = estimate_offset(Stream(sound, rate=8000), Stream(heard, rate=8000), method="phat")
    assert found.offset == pytest.approx(3000 / 8000, abs=1 / 8000)
    assert found.confidence > 10
    noise = Stream(rng.normal(size=8000), rate=8000)
    assert estimate_offset(Stream(sound, rate=8000), noise, method="phat").confidence < 10


def test_samples_of_other_rates_are_resampled(rng):
    sound = scipy.signal.resample(rng.normal(size=8000), 16000)
    other = sound[4000:12000:2]
    found = estimate_offset(Stream(sound, rate=16000), Stream(other, rate=8000), method="phat")
    assert found.offset == pytest.approx(0.25, abs=1 / 8000)


def test_independent_streams_are_not_trusted():
    scores = []
    for seed in range(20):
        x, y = np.random.default_rng(seed).normal(size=(2, 600))
        scores.append(estimate_offset(Stream(x, rate=10), Stream(y, rate=10)).confidence)
    assert max(scores) < 6
    assert np.median(scores) < 5


RARE = {
    "clicks": lambda rng: (rng.random(1000) < 0.01) * 1.0,
    "flashes": lambda rng: np.convolve(rng.random(1000) < 0.02, np.ones(3), "same"),
    "energies": lambda rng: np.exp(2 * rng.normal(size=1000)),
    "heavy tails": lambda rng: rng.standard_t(1.5, size=1000),
}


@pytest.mark.parametrize("kind", RARE)
def test_rare_events_that_coincide_by_chance_are_not_trusted(kind):
    unrelated, related = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, y = RARE[kind](rng), RARE[kind](rng)
        unrelated.append(estimate_offset(Stream(x, rate=25), Stream(y, rate=25)).confidence)
        found = estimate_offset(Stream(x, rate=25), Stream(x[100:900], rate=25))
        assert found.offset == pytest.approx(4.0, abs=0.02)
        related.append(found.confidence)
    assert np.mean(np.array(unrelated) > 10) <= 0.1  # up to 0.8 by the standard score
    assert np.median(related) > 10
    assert np.median(unrelated) < 5.5


def test_what_repeats_is_trusted_only_where_a_bound_says_which(rng):
    period = rng.normal(size=300)
    a, b = Stream(np.tile(period, 4), rate=10), Stream(period[:200], rate=10)
    assert estimate_offset(a, b).confidence < 5
    found = estimate_offset(a, b, max_offset=10.0)
    assert found.offset == pytest.approx(0.0, abs=0.01)
    assert found.confidence > 10


def test_a_bound_keeps_the_confidence_and_moves_the_peak(rng):
    x = rng.normal(size=300)
    a, b = Stream(x, rate=10), Stream(x[100:250], rate=10)
    whole, near = estimate_offset(a, b), estimate_offset(a, b, max_offset=5.0)
    assert whole.offset == pytest.approx(10.0, abs=0.01)
    assert abs(near.offset) <= 5.05
    assert near.confidence < 5
    assert near.lags[[0, -1]].tolist() == pytest.approx([-5.0, 5.0])
    with pytest.raises(ValueError, match=r"no offset of up to 1 s lets 'stream' and 'stream'"):
        estimate_offset(a, b.shift(99), max_offset=1.0)


def test_what_cannot_be_compared_is_refused(rng):
    a = Stream(rng.normal(size=(50, 2)), rate=10, name="a")
    with pytest.raises(ValueError, match=r"'a' has 2 column\(s\) and 'b' has 1"):
        estimate_offset(a, Stream(rng.normal(size=50), rate=10, name="b"))
    with pytest.raises(ValueError, match="no column in which both vary"):
        estimate_offset(a, Stream(np.full((50, 2), 3.0), rate=10, name="b"))
    with pytest.raises(ValueError, match="takes samples"):
        estimate_offset(a, a, method="phat")
    with pytest.raises(ValueError, match="'q' is silent"):
        estimate_offset(*[Stream(np.zeros(9), rate=9, name="q")] * 2, method="phat")
    with pytest.raises(ValueError, match="holds objects"):
        estimate_offset(a, Stream(["x"] * 9, rate=10))


@pytest.mark.parametrize("skew", [-3e-3, 0.0, 3e-3])
def test_drift_is_found_and_taken_back(skew, rng):
    x = scipy.signal.resample(rng.normal(size=1500), 3000)
    a, b = Stream(x, rate=25.0), Stream(x[100:2500], rate=25.0 * (1 + skew), start=2.0)
    drift = estimate_drift(a, b, window=8.0)
    assert drift.rate == pytest.approx(1 + skew, abs=1e-4)
    corrected = drift.apply(b).seconds()
    np.testing.assert_allclose(corrected, a.seconds()[100:2500], atol=0.02)
    by_times = drift.apply(Stream(b.values, times=b.seconds()))
    np.testing.assert_allclose(by_times.times, corrected)
    near = estimate_drift(a, b, window=8.0, max_offset=5.0)
    assert near.rate == pytest.approx(drift.rate, abs=1e-4)


def test_wrong_windows_do_not_bend_the_line(rng):
    x = rng.normal(size=3000)
    y = x.copy()
    y[900:1500] = rng.normal(size=600)  # another sound for a fifth of the time
    drift = estimate_drift(Stream(x, rate=25), Stream(y, rate=25), window=8.0)
    assert drift.rate == pytest.approx(1.0, abs=1e-5)
    assert not drift.windows["used"].all()
    with pytest.raises(ValueError, match="a line needs 3"):
        estimate_drift(Stream(x, rate=25), Stream(rng.normal(size=3000), rate=25), window=20.0)


def test_drift_goes_over_gaps_and_says_why_windows_fail(rng):
    energy = rng.normal(size=3000)
    times = np.arange(2900) / (25 * 1.002)
    rows = (times < 30) | (times > 60)
    a, b = Stream(energy, rate=25), Stream(energy[100:][rows], times=times[rows])
    drift = estimate_drift(a, b, window=10.0)
    assert drift.rate == pytest.approx(1.002, abs=1e-4)
    assert drift.windows["offset"].isna().sum() >= 4
    other = Stream(rng.normal(size=(2900, 2)), rate=25)
    with pytest.raises(ValueError, match=r"0 of 22 windows.*One failed: .* has 2; give both"):
        estimate_drift(a, other, window=10.0)
