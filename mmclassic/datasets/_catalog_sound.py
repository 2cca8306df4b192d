"""Sounds of a generated catalog: one pulsing tone with harmonics and hiss."""

import io
import wave

import numpy as np

SAMPLE_RATE = 16000
_HARMONICS = 10


def draw_sound(levels, rng, seconds, noise):
    """One item: mono samples at 16 kHz, int16.

    Tone sets odd against even harmonics, slant the decay, size a low pitch, light a bright
    spectrum, grain the hiss, pace the rate of the pulse. `rng` decides what carries no meaning:
    vibrato, phases, loudness and the hiss itself; `noise` scales vibrato, spread of loudness and
    background hiss.
    """
    tone, slant, size, light, grain, pace = levels
    t = np.arange(max(1, round(seconds * SAMPLE_RATE)), dtype=np.float32) / SAMPLE_RATE
    pitch = 600 * 2 ** (-2.2 * size)
    voice = _harmonic_tone(t, pitch, tone, light, rng, noise)
    hiss = rng.standard_normal(t.size, dtype=np.float32)
    mixed = voice + np.float32(0.01 * noise + 0.5 * grain**2) * hiss
    mixed *= _envelope(t, slant, pace, rng)
    loudness = 0.5 * 10 ** (0.1 * noise * rng.uniform(-1, 0))
    peak = max(float(np.abs(mixed).max()), 1e-6)
    return np.round(mixed * np.float32(32767 * loudness / peak)).astype(np.int16)


def encode_sound(samples):
    """The WAV file of samples (int16, mono, 16 kHz)."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _harmonic_tone(t, pitch, tone, light, rng, noise):
    """Harmonics by the recurrence sin((h + 1) a) = 2 cos(a) sin(h a) - sin((h - 1) a)."""
    order = np.arange(1, _HARMONICS + 1)
    weights = order ** -(2.5 - 2.2 * light)
    weights = weights * np.where(order % 2 == 0, tone, 1.0)
    weights[order * pitch > 0.45 * SAMPLE_RATE] = 0
    weights = (weights / np.linalg.norm(weights)).astype(np.float32)

    depth, rate = 0.02 * noise * rng.random(), rng.uniform(3, 7)
    wobble = np.float32(depth * pitch / rate) * np.sin(np.float32(2 * np.pi * rate) * t)
    angle = np.float32(2 * np.pi * pitch) * t + wobble + np.float32(rng.uniform(0, 2 * np.pi))
    doubled_cosine = 2 * np.cos(angle)
    before, current = np.zeros_like(angle), np.sin(angle)
    total = weights[0] * current
    for weight in weights[1:]:
        before, current = current, doubled_cosine * current - before
        total += weight * current
    return total


def _envelope(t, slant, pace, rng):
    """Slow fade set by slant, times a pulse whose rate is set by pace."""
    rate = 1.2 * 12**pace
    pulse = np.sin(np.float32(2 * np.pi * rate) * t + np.float32(rng.uniform(0, 2 * np.pi)))
    fade = np.exp(np.float32(-3.0 * slant / max(float(t[-1]), 1e-3)) * t)
    attack = np.minimum(t * 100, 1)
    return attack * fade * (1 + np.float32(0.8) * pulse)
