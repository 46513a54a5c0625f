"""Mono sound: WAV files of 32-bit floats, and spectrograms as the pix2pix baseline sees them."""

import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

RATE = 44_100
WINDOW, HOP = 1024, 256
BINS = WINDOW // 2
"""The bin at half the rate is left out: a power of two can be halved."""
FLOOR_DB = -100.0
"""A full-scale sine is at 0 dB and -1…1 in the pictures is this to 0 dB."""
FLOAT, EXTENSIBLE = 3, 0xFFFE


def read_wav(path: Path) -> np.ndarray:
    """The first channel of a WAV file of 32-bit floats at RATE."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror}") from error
    chunks, at = {}, 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        chunks[name] = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    if data[:4] != b"RIFF" or not {b"fmt ", b"data"} <= chunks.keys():
        raise SystemExit(f"{path}: no WAV file")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    if kind not in (FLOAT, EXTENSIBLE) or bits != 32 or rate != RATE:
        raise SystemExit(f"{path}: not of 32-bit floats at {RATE} Hz")
    return np.frombuffer(chunks[b"data"], "<f4")[::channels].copy()


def write_wav(path: Path, samples: np.ndarray) -> None:
    """Writes mono 32-bit floats at RATE."""
    data = samples.astype("<f4").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, FLOAT, 1, RATE, 4 * RATE, 4, 32)
    path.write_bytes(head + struct.pack("<4sI", b"data", len(data)) + data)


def spectrum(samples: Tensor) -> Tensor:
    """Complex `[bin][frame]`, 513 bins, a full-scale sine has magnitude 1; frame n is centred on sample n · HOP."""
    window = torch.hann_window(WINDOW)
    return torch.stft(samples, WINDOW, HOP, window=window, return_complex=True) * (2.0 / window.sum())


def picture(bins: Tensor) -> Tensor:
    """Magnitudes on a scale of dB, `[bin][frame]` -1…1, without the highest bin."""
    decibels = 20.0 * torch.log10(bins[:BINS].abs().clamp(min=10.0 ** (FLOOR_DB / 20.0)))
    return (1.0 - 2.0 * decibels / FLOOR_DB).clamp(-1.0, 1.0)


def magnitudes(picture: Tensor) -> Tensor:
    """What a picture shows, `[bin][frame]` with the highest bin, which is silent. The floor is silence."""
    found = 10.0 ** ((1.0 - picture) * FLOOR_DB / 40.0)
    found = torch.where(picture > -1.0 + 1e-3, found, torch.zeros_like(found))
    return torch.cat([found, torch.zeros_like(found[:1])])


def sound(bins: Tensor, samples: int) -> Tensor:
    """The inverse of `spectrum`."""
    window = torch.hann_window(WINDOW)
    return torch.istft(bins * (window.sum() / 2.0), WINDOW, HOP, window=window, length=samples)


def griffin_lim(magnitude: Tensor, samples: int, rounds: int, momentum: float = 0.99) -> Tensor:
    """A sound with these magnitudes: Perraudin, Balazs and Søndergaard, "A fast Griffin-Lim algorithm" (2013)."""
    torch.manual_seed(0)
    angles = torch.polar(torch.ones_like(magnitude), 2.0 * torch.pi * torch.rand_like(magnitude))
    before = torch.zeros_like(angles)
    for _ in range(rounds):
        rebuilt = spectrum(sound(magnitude * angles, samples))
        angles = rebuilt + momentum * (rebuilt - before)
        angles, before = angles / angles.abs().clamp(min=1e-12), rebuilt
    return sound(magnitude * angles, samples)
