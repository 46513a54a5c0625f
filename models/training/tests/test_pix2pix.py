"""The pix2pix baseline."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from songweave_training.pix2pix import sound
from songweave_training.pix2pix.data import Pix2pixSet
from songweave_training.pix2pix.net import Discriminator, Generator
from songweave_training.pix2pix.play import Player
from songweave_training.pix2pix.trainer import Pix2pixTrainer
from tests.resuming import assert_same_when_resumed

CONFIG = {
    "name": "test", "seed": 1, "threads": 1,
    "network": {"generator": [4, 8, 8], "discriminator": [4, 8], "dropout": 0.5},
    "training": {"steps": 6, "minutes": 60, "batch": 1, "frames": 32, "learning_rate": 1e-3, "betas": [0.5, 0.999],
                 "absolute_error": 100.0, "decay_part": 0.5},
    "log": {"checkpoint_seconds": 1000, "validate_every": 3, "validation_patches": 2},
}


def tone(seconds: float, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * sound.RATE)) / sound.RATE)).astype(np.float32)


class Pix2pix(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory()
        self.addCleanup(self.kept.cleanup)
        self.folder = Path(self.kept.name)
        for split in ("train", "validation"):
            (self.folder / split).mkdir()
            for kind, hz in (("voice", 440.0), ("band", 220.0)):
                sound.write_wav(self.folder / split / f"001.{kind}.wav", tone(1.0, hz))
        (self.folder / "set.json").write_text(json.dumps({"format": 1}))

    def trainer(self, name: str, steps: int) -> Pix2pixTrainer:
        return Pix2pixTrainer(CONFIG, self.folder, self.folder / name, steps)

    def test_a_sine_is_as_loud_as_it_is_and_comes_back(self):
        bins = sound.spectrum(torch.from_numpy(tone(0.5)))
        picture = sound.picture(bins)
        self.assertAlmostEqual(float(50.0 * (picture.max() - 1.0)), -6.3, delta=0.7)
        back = sound.sound(torch.polar(sound.magnitudes(picture), bins.angle()), sound.RATE // 2).numpy()
        self.assertLess(np.abs(back - tone(0.5)).max(), 0.01)

    def test_wav_files_are_read_as_they_were_written_and_others_refused(self):
        path = self.folder / "a.wav"
        sound.write_wav(path, tone(0.1))
        self.assertTrue((sound.read_wav(path) == tone(0.1)).all())
        path.write_bytes(b"RIFF    WAVE")
        with self.assertRaisesRegex(SystemExit, "no WAV file"):
            sound.read_wav(path)

    def test_pictures_keep_their_size_and_every_level_is_heard(self):
        net, voice = Generator([4, 8, 8], 0.5).eval(), torch.rand(2, 1, 64, 32)
        found = net(voice)
        self.assertEqual(found.shape, voice.shape)
        self.assertEqual(Discriminator([4, 8])(voice, found).shape, (2, 1, 30, 14))
        found.sum().backward()
        self.assertTrue(all(x.grad is not None and x.grad.abs().sum() > 0 for x in net.parameters() if x.dim() > 1))

    def test_patches_lie_anywhere_and_a_set_that_is_too_short_says_so(self):
        songs = Pix2pixSet(self.folder, "train")
        draw = np.random.default_rng(1)
        voice, band = songs.patch(draw, 32)
        self.assertEqual((voice.shape, band.shape), ((1, 512, 32), (1, 512, 32)))
        self.assertLess(int(band[0].sum(1).argmax()), int(voice[0].sum(1).argmax()))
        with self.assertRaisesRegex(SystemExit, "more --seconds"):
            songs.patch(draw, 10_000)

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 6), at=3)

    def test_a_trained_run_plays_sound_as_long_as_the_voice(self):
        self.trainer("run", 2).run()
        player = Player(self.folder / "run")
        for phases in ("voice", "griffin-lim"):
            played = player.play(tone(0.7), phases)
            self.assertEqual(len(played), int(0.7 * sound.RATE))
            self.assertTrue(np.isfinite(played).all() and np.abs(played).max() > 0)
        self.assertEqual(player.facts()["steps"], 2)


if __name__ == "__main__":
    unittest.main()
