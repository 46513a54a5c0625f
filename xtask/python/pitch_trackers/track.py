"""Pitch lines of recordings: `track.py TRACKER,… FILE.f32 …`, each FILE mono float32 at 44,100 Hz.

Writes FILE.TRACKER beside each: float32 frequency in Hz every 10 ms from 0 on, 0 where the tracker hears no voice.
Prints `TRACKER seconds` of all its work for each tracker, and a dot on stderr for each file.
"""

import sys
import time
from pathlib import Path

import numpy as np

RATE, STEP = 44_100, 0.01
LOWEST, HIGHEST = 60.0, 1100.0


def praat(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boersma's autocorrelation method with Praat's own settings."""
    import parselmouth

    sound = parselmouth.Sound(samples.astype(np.float64), RATE)
    pitch = sound.to_pitch_ac(time_step=STEP / 2.0, pitch_floor=LOWEST, pitch_ceiling=HIGHEST)
    return pitch.xs(), pitch.selected_array["frequency"]


def pyin(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilistic YIN of librosa, at half the rate."""
    import librosa

    low = librosa.resample(samples, orig_sr=RATE, target_sr=RATE // 2)
    hop = 256
    hz, voiced, _ = librosa.pyin(low, fmin=LOWEST, fmax=HIGHEST, sr=RATE // 2, frame_length=2048, hop_length=hop)
    return np.arange(len(hz)) * hop / (RATE // 2), np.where(voiced, np.nan_to_num(hz), 0.0)


def swift(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SwiftF0, a small convolutional network that hears 16 kHz."""
    import librosa
    from swift_f0 import SwiftF0

    low = librosa.resample(samples, orig_sr=RATE, target_sr=16_000)
    found = SwiftF0(threads=1).detect(low, 16_000, fmin=LOWEST, fmax=HIGHEST)
    return found.timestamps, np.where(found.confidence >= 0.5, found.pitch_hz, 0.0)


TRACKERS = {"praat": praat, "pyin": pyin, "swift": swift}


def on_grid(times: np.ndarray, hz: np.ndarray, points: int) -> np.ndarray:
    """The line every 10 ms; between two voiced points in line, else the nearest."""
    if not len(times):
        return np.zeros(points, np.float32)
    grid = np.arange(points) * STEP
    after = np.clip(np.searchsorted(times, grid), 1, max(1, len(times) - 1))
    before, after = np.minimum(after - 1, len(times) - 1), np.minimum(after, len(times) - 1)
    part = np.clip((grid - times[before]) / np.maximum(times[after] - times[before], 1e-9), 0.0, 1.0)
    near = np.where(part < 0.5, hz[before], hz[after])
    both = (hz[before] > 0) & (hz[after] > 0) & (np.abs(np.log2(np.maximum(hz[before], 1) / np.maximum(hz[after], 1))) < 1 / 12)
    between = np.exp((1 - part) * np.log(np.maximum(hz[before], 1)) + part * np.log(np.maximum(hz[after], 1)))
    return np.where(both, between, near).astype(np.float32)


def main() -> None:
    trackers, files = sys.argv[1].split(","), [Path(file) for file in sys.argv[2:]]
    spent = dict.fromkeys(trackers, 0.0)
    for file in files:
        samples = np.fromfile(file, np.float32)
        for tracker in trackers:
            begun = time.monotonic()
            times, hz = TRACKERS[tracker](samples)
            spent[tracker] += time.monotonic() - begun
            on_grid(times, hz, int(len(samples) / RATE / STEP)).tofile(f"{file}.{tracker}")
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for tracker, seconds in spent.items():
        print(tracker, seconds)


if __name__ == "__main__":
    main()
