"""The networks MSD_musicnn and MTT_musicnn of the package musicnn, in NumPy.

Pons, Nieto, Prockup, Schmidt, Ehmann and Serra, "End-to-end learning for music audio tagging at scale" (ISMIR 2018); Pons
and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging" (2019). The first was trained to
tag 200,000 songs with genres, instruments, voices, moods and decades, the second to tag 5,000 songs from classical music to
electronic, so they hear timbre, rhythm and production.
"""

import importlib.util
from pathlib import Path

import numpy as np

import tensor_bundle

RATE, WINDOW, HOP, BANDS = 16_000, 512, 256, 96
FRAMES = 187
"""Of a picture: three seconds."""
EPSILON = 1e-3
"""Of TensorFlow's batch normalisation."""
TIMBRAL = ("conv2d", "conv2d_1")
TEMPORAL = ("conv2d_2", "conv2d_3", "conv2d_4")


def weights(network: str = "MSD_musicnn") -> dict[str, np.ndarray]:
    """The weights of one of the networks in the installed package."""
    found = importlib.util.find_spec("musicnn")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("the package musicnn is not installed: pip install --no-deps musicnn==0.1.0")
    folder = Path(found.submodule_search_locations[0]) / network
    return tensor_bundle.read(folder / ".index", folder / ".data-00000-of-00001")


class Musicnn:
    """From sound to what the last hidden layer makes of it, 200 numbers every three seconds."""

    def __init__(self, known: dict[str, np.ndarray]):
        self.known, self.mel = known, mel_filters()

    def hear(self, sound: np.ndarray) -> np.ndarray:
        """`[picture][200]` of a mono sound at RATE; what is left over at its end is not heard."""
        log_mel = self.log_mel(sound)
        pictures = [log_mel[at : at + FRAMES] for at in range(0, len(log_mel) - FRAMES + 1, FRAMES)]
        return np.stack([self.layers(picture)[0] for picture in pictures]) if pictures else np.zeros((0, 200), np.float32)

    def log_mel(self, sound: np.ndarray) -> np.ndarray:
        """`[frame][band]`, as the package computes it with librosa."""
        padded = np.pad(sound.astype(np.float32), WINDOW // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
        window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW)
        power = np.abs(np.fft.rfft(frames * window.astype(np.float32))) ** 2
        return np.log10(10_000.0 * (power @ self.mel.T) + 1.0).astype(np.float32)

    def layers(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The last hidden layer and the logits of the tags, of a picture `[187][96]`."""
        x = self._norm(picture[..., None], 0)
        padded = np.pad(x[..., 0], ((3, 3), (0, 0)))
        front = [self._highest(padded, name, index + 1) for index, name in enumerate(TIMBRAL)]
        front += [self._highest(_same(x[..., 0], self.known[f"{name}/kernel"].shape[0]), name, index + 3)
                  for index, name in enumerate(TEMPORAL)]
        front = np.concatenate(front, 1)
        middle = [front]
        for index in range(3):
            found = self._time_convolution(middle[-1] if index else front, f"conv2d_{5 + index}", 6 + index)
            middle.append(found if index == 0 else found + middle[-1])
        features = np.concatenate(middle, 1)
        # Flattened as [feature][highest, mean], a channel each.
        pooled = np.stack([features.max(0), features.mean(0)], 1).reshape(-1)
        hidden = self._norm(np.maximum(self._dense(self._norm(pooled, 9), "dense"), 0.0), 10)
        return hidden, self._dense(hidden, "dense_1")

    def _norm(self, x: np.ndarray, index: int) -> np.ndarray:
        name = "batch_normalization" + (f"_{index}" if index else "")
        gamma, beta, mean, variance = (self.known[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance"))
        return (x - mean) * (gamma / np.sqrt(variance + EPSILON)) + beta

    def _dense(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.known[f"{name}/kernel"] + self.known[f"{name}/bias"]

    def _highest(self, padded: np.ndarray, name: str, norm: int) -> np.ndarray:
        """Convolution `[time, band]`, rectified and normalised; the highest over the bands: `[frame][filter]`."""
        kernel = self.known[f"{name}/kernel"]
        high, wide, _, filters = kernel.shape
        patches = np.lib.stride_tricks.sliding_window_view(padded, (high, wide))
        flat = kernel.reshape(-1, filters)
        found = np.stack([row.reshape(row.shape[0], -1) @ flat for row in patches])
        return self._norm(np.maximum(found + self.known[f"{name}/bias"], 0.0), norm).max(1)

    def _time_convolution(self, x: np.ndarray, name: str, norm: int) -> np.ndarray:
        kernel = self.known[f"{name}/kernel"]
        padded = np.pad(x, ((3, 3), (0, 0)))
        patches = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[0], axis=0).transpose(0, 2, 1)
        found = patches.reshape(len(x), -1) @ kernel.reshape(-1, kernel.shape[-1])
        return self._norm(np.maximum(found + self.known[f"{name}/bias"], 0.0), norm)


def _same(x: np.ndarray, length: int) -> np.ndarray:
    """Padded in time as TensorFlow does it for an output as long as the input."""
    return np.pad(x, (((length - 1) // 2, length // 2), (0, 0)))


def mel_filters() -> np.ndarray:
    """`[band][bin]`: triangles of equal area on Slaney's mel scale ("Auditory toolbox", 1998), up to half the rate."""

    def hz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp(np.log(6.4) / 27.0 * (mel - 15.0)))

    highest = 15.0 + np.log(RATE / 2.0 / 1000.0) / (np.log(6.4) / 27.0)
    edges = hz(np.linspace(0.0, highest, BANDS + 2))
    bins = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
