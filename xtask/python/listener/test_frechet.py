"""Checks of the listener that need no weights: `python -m unittest` in this folder."""

import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

import tensor_bundle
from frechet import Moments, distances, frechet
from musicnn_net import BANDS, RATE, WINDOW, mel_filters


def normal(mean: float, deviation: float, count: int = 20_000) -> Moments:
    return Moments.of(np.random.default_rng(1).normal(mean, deviation, (count, 3)))


class Frechet(unittest.TestCase):
    def test_normal_distributions_are_as_far_apart_as_the_formula_says(self):
        self.assertAlmostEqual(frechet(normal(0, 1), normal(0, 1)), 0.0, places=6)
        # Three dimensions: 3 · (2² + (3 - 1)²).
        self.assertAlmostEqual(frechet(normal(0, 1), normal(2, 3)), 24.0, delta=0.5)

    def test_a_system_that_plays_like_the_true_ones_is_nearer(self):
        draw = np.random.default_rng(2)
        songs = lambda mean: {str(song): Moments.of(draw.normal(mean, 1.0, (40, 3))) for song in range(12)}
        found = distances({"true": songs(0.0), "alike": songs(0.0), "other": songs(1.0)})
        mean = {system: np.mean(x) for system, x in found.items()}
        self.assertLess(mean["alike"], 0.1)
        self.assertGreater(mean["other"], 2.0)

    def test_every_band_of_the_mel_filters_lies_where_it_should(self):
        filters = mel_filters()
        self.assertEqual(filters.shape, (BANDS, WINDOW // 2 + 1))
        peaks = filters.argmax(1) * RATE / WINDOW
        self.assertTrue((np.diff(peaks) >= 0).all() and peaks[-1] > 7_000)

    def test_a_file_that_is_no_checkpoint_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "index"
            path.write_bytes(struct.pack("<6Q", *range(6)))
            with self.assertRaisesRegex(SystemExit, "no TensorFlow checkpoint"):
                tensor_bundle.read(path, path)


if __name__ == "__main__":
    unittest.main()
