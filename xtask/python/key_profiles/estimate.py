"""Keys of recordings: `estimate.py FILE.f32 …`, each FILE mono float32 at 44,100 Hz.

Prints a line for each FILE: the key by the profiles of Krumhansl and Kessler (1982), then by Temperley's (1999), each as a
number: 0…11 the major keys from C on, 12…23 the minor ones. A key is the one whose profile correlates most with the mean
chroma (librosa's, from a constant-Q transform, at the recording's own tuning).
"""

import sys

import librosa
import numpy as np

RATE = 44_100
PROFILES = (
    (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    (
        (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
        (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
    ),
)


def key(chroma: np.ndarray, profiles: tuple) -> int:
    """The key whose profile correlates most with a chroma."""
    rows = [np.roll(profile, tonic) for profile in profiles for tonic in range(12)]
    return int(np.argmax([np.corrcoef(row, chroma)[0, 1] for row in rows]))


def main() -> None:
    for file in sys.argv[1:]:
        sound = librosa.resample(np.fromfile(file, np.float32), orig_sr=RATE, target_sr=RATE // 2)
        chroma = librosa.feature.chroma_cqt(y=sound, sr=RATE // 2).mean(axis=1)
        print(*(key(chroma, profiles) for profiles in PROFILES))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
