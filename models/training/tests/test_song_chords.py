"""The chord network of whole songs hears both directions, learns, resumes exactly and exports."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path

import torch
from safetensors import safe_open

from songweave_training.chords.data import IGNORED
from songweave_training.chords.net import CHORDS
from songweave_training.loop import checkpoint
from songweave_training.song_chords import export
from songweave_training.song_chords.net import CLASS_FEATURES, CLASSES, FEATURES, SongChordNet
from songweave_training.song_chords.trainer import SongChordTrainer, changes
from tests import CONFIGS
from tests.resuming import assert_same_when_resumed
from tests.test_chords import write_set


def settings() -> dict:
    config = tomllib.loads((CONFIGS / "song-chords.toml").read_text())
    config["network"] = {"hidden": 6, "dropout": 0.1}
    config["training"] |= {"songs": 4, "beats": 32, "warm_up_steps": 5, "average": 0.9, "learning_rate": 1e-2}
    config["log"] |= {"validate_every": 20}
    return config


class SongChords(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        write_set(self.directory, songs=8, features=FEATURES, per_class=CLASS_FEATURES)

    def trainer(self, out: str, steps: int) -> SongChordTrainer:
        return SongChordTrainer(settings(), self.directory, self.directory / out, steps)

    def test_both_ends_of_a_song_are_heard_everywhere(self):
        net = SongChordNet(6).eval()
        song = torch.rand(1, 9, FEATURES)
        usual = net(song)["chords"][0, 4, :CHORDS]
        for end in (0, 8):
            changed = song.clone()
            changed[0, end] = torch.rand(FEATURES)
            self.assertGreater(float((net(changed)["chords"][0, 4, :CHORDS] - usual).detach().abs().max()), 1e-5)

    def test_it_learns_and_exports(self):
        trainer = self.trainer("run", 60)
        trainer.run()
        self.assertGreater(trainer.best["figures"]["agreement"], 0.9)
        export.export(checkpoint.load(self.directory / "run"), self.directory / "weights")
        with safe_open(self.directory / "weights" / "song-chords.safetensors", "numpy") as file:
            self.assertEqual(json.loads(file.metadata()["songweave"])["kind"], "song-chords")
            self.assertEqual(file.get_tensor("backward_gru.state.weight").shape, (18, 6, CLASSES))

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 6), at=3)

    def test_a_chord_begins_where_it_is_another_than_before(self):
        chords = torch.tensor([[CHORDS, CHORDS, 7, 7, 9, IGNORED, 9]])
        self.assertEqual(changes(chords).tolist(), [[0, 0, 1, 0, 1, IGNORED, IGNORED]])


if __name__ == "__main__":
    unittest.main()
