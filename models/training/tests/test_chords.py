"""The chord network knows no key, learns, resumes exactly and exports."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from songweave_training.chords import export
from songweave_training.chords.data import IGNORED, NONE, Song
from songweave_training.chords.net import CHORDS, CLASS_FEATURES, CLASSES, FEATURES, QUALITIES, ChordNet
from songweave_training.chords.trainer import ChordTrainer, agreement
from songweave_training.loop import checkpoint
from tests import CONFIGS
from tests.resuming import assert_same_when_resumed

BEATS, PER_BEAT = 40, 4


def write_set(folder: Path, songs: int, features: int = FEATURES, per_class: int = CLASS_FEATURES) -> None:
    """Songs whose chord is the major triad on the only class that is heard, with so many features, and so many per class."""
    draw = np.random.default_rng(1)
    for name in ("train-00-00", "choose-00-00"):
        root = draw.integers(CLASSES, size=songs * BEATS)
        heard = np.zeros((songs * BEATS, features), np.float16)
        heard[np.arange(songs * BEATS), root * per_class] = 1.0
        sung = root.repeat(PER_BEAT)
        steps = np.stack([sung, np.ones_like(sung), sung, np.zeros_like(sung), sung, np.full_like(sung, NONE)], 1).astype(np.uint8)
        rows = np.tile(np.array([[BEATS, BEATS * PER_BEAT, PER_BEAT]], np.int32), (songs, 1))
        label = json.dumps({"songs": [f"{name} {song}" for song in range(songs)]})
        tensors = {"features": heard, "steps": steps, "songs": rows}
        save_file(tensors, folder / f"{name}.safetensors", {"songweave": label})
    facts = {"command": "", "split": "", "sources": [], "draws": 1}
    (folder / "set.json").write_text(json.dumps(facts))


def settings() -> dict:
    config = tomllib.loads((CONFIGS / "chords.toml").read_text())
    config["network"] = {"hidden": 6, "dropout": 0.1}
    config["training"] |= {"songs": 4, "beats": 32, "warm_up_steps": 5, "average": 0.9, "learning_rate": 1e-2}
    config["log"] |= {"validate_every": 20}
    return config


class Chords(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        write_set(self.directory, songs=8)

    def trainer(self, out: str, steps: int) -> ChordTrainer:
        return ChordTrainer(settings(), self.directory, self.directory / out, steps)

    def test_a_melody_in_another_key_gets_the_same_chords_in_that_key(self):
        net = ChordNet(6).eval()
        features = torch.rand(1, 9, FEATURES)
        moved = features.clone()
        classes = features[..., : CLASSES * CLASS_FEATURES].unflatten(-1, (CLASSES, CLASS_FEATURES))
        moved[..., : CLASSES * CLASS_FEATURES] = classes.roll(3, dims=-2).flatten(-2)
        here, there = (net(each)["chords"][..., :CHORDS].unflatten(-1, (CLASSES, QUALITIES)) for each in (features, moved))
        torch.testing.assert_close(here.roll(3, dims=-2), there)
        self.assertGreater(float((here - there).detach().abs().max()), 1e-3)

    def test_it_learns_and_exports(self):
        trainer = self.trainer("run", 60)
        trainer.run()
        self.assertGreater(trainer.best["figures"]["agreement"], 0.9)
        export.export(checkpoint.load(self.directory / "run"), self.directory / "weights")
        with safe_open(self.directory / "weights" / "chords.safetensors", "numpy") as file:
            self.assertEqual(json.loads(file.metadata()["songweave"])["kind"], "chords")
            self.assertEqual(file.get_tensor("gru.state.weight").shape, (18, 6, CLASSES))

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 6), at=3)

    def test_targets_are_those_of_the_steps(self):
        steps = np.full((8, 6), NONE, np.uint8)
        steps[4:] = [7, 1, 5, 3, 9, 14]
        song = Song(np.zeros((2, FEATURES), np.float16), steps, 4)
        self.assertEqual(song.chords[:, :2].tolist(), [[CHORDS, 53], [53, IGNORED]])
        self.assertEqual((song.bass.tolist(), song.keys.tolist()), ([IGNORED, 9], [IGNORED, 14]))
        self.assertEqual(song.melody[0, :, 7].tolist(), [0.0, 4.0, 4.0])

    def test_agreement_is_of_root_and_third(self):
        logits = torch.full((3, CHORDS + 1), -9.0)
        logits[0, 2 * QUALITIES] = logits[1, 2 * QUALITIES + 4] = logits[2, 2 * QUALITIES + 1] = 9.0
        self.assertAlmostEqual(float(agreement(logits, torch.tensor([20, 20, 20]))), 2 / 3, places=5)


if __name__ == "__main__":
    unittest.main()
