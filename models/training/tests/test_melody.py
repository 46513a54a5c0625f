"""The melody network learns, resumes exactly and exports."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from songweave_training.loop import checkpoint
from songweave_training.melody import export
from songweave_training.melody.data import CHORD, PITCHES, MelodySet
from songweave_training.melody.net import MelodyNet
from songweave_training.melody.trainer import MelodyTrainer
from tests import CONFIGS
from tests.resuming import assert_same_when_resumed

NOTES, SONGS = 64, 4


def write_set(folder: Path) -> None:
    """A broken chord up and down, a quarter each, in another key in every song."""
    folder.mkdir()
    round_ = np.array([0, 4, 7, 12, 7, 4])
    events, songs = [], []
    for song in range(SONGS):
        keys = 60 + song + round_[np.arange(NOTES) % len(round_)]
        events.append(np.stack([np.arange(NOTES) * 4, keys, np.full(NOTES, 3)], 1))
        songs.append([NOTES, NOTES * 4, NOTES // 4, 16, 4, song, 0, 0])
    chords = np.tile([0, 0b10010001], (SONGS * NOTES * 4, 1))
    phrase = np.arange(SONGS * NOTES // 4)[:, None] % 4
    arrays = {"events": np.concatenate(events), "chords": chords, "phrase": phrase, "songs": np.array(songs)}
    for split in ("train", "choose"):
        save_file({name: array.astype(np.int32) for name, array in arrays.items()}, folder / f"{split}.safetensors")
    facts = {"command": "test", "songs": {}, "baselines": [{"order": 2, "nats_per_note": 1.0}], "split": "", "sources": []}
    (folder / "set.json").write_text(json.dumps(facts))


class Melody(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.directory / "set"
        write_set(self.data)

    def trainer(self, out: str, steps: int) -> MelodyTrainer:
        config = tomllib.loads((CONFIGS / "melody.toml").read_text())
        config["network"] = {"hidden": 24}
        config["training"] |= {"stretches": 4, "events": 32, "warm_up_steps": 5, "learning_rate": 1e-2, "decay_part": 0.1}
        config["log"]["choose_every"] = 20
        return MelodyTrainer(config, self.data, self.directory / out, steps)

    def test_it_learns_what_is_regular(self):
        trainer = self.trainer("run", 120)
        trainer.run()
        self.assertLess(trainer.best["figures"]["note"], 0.5)

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 30), at=12)

    def test_the_key_does_not_matter_and_the_future_is_not_heard(self):
        songs = MelodySet(self.data / "train.safetensors")
        heard = songs.whole([0, 1])
        self.assertTrue(torch.equal(heard.pitch[0], heard.pitch[1]))
        net = MelodyNet(8).eval()
        before, _ = net(heard)
        self.assertTrue(torch.equal(before[0], before[1]))
        changed = songs.whole([0, 1])
        changed.pitch[0, 20] = 7
        self.assertTrue(torch.equal(net(changed)[0], before), "what follows is not heard where it is asked for")
        self.assertTrue((heard.before[0, 1:, 0] == heard.pitch[0, :-1]).all())

    def test_what_is_hidden_is_not_told_and_what_is_out_of_range_has_no_chance(self):
        draw = np.random.default_rng(1)
        hidden = {"past": 1.0, "contour": 1.0, "chord": 1.0, "next_chord": 1.0}
        heard = MelodySet(self.data / "train.safetensors").stretches(draw, 8, 24, hidden)
        self.assertTrue((heard.numbers[..., : 2 * CHORD] == 0).all() and (heard.numbers[..., -3:] == 0).all())
        self.assertTrue((heard.before[:, 0] == PITCHES).all())
        pitch, _ = MelodyNet(8)(heard)
        self.assertTrue(torch.equal(torch.isfinite(pitch), heard.allowed))

    def test_export_writes_half_precision_weights_and_their_facts(self):
        self.trainer("run", 0).run()
        export.export(checkpoint.load(self.directory / "run"), self.directory / "weights")
        with safe_open(self.directory / "weights" / "melody.safetensors", "pt") as file:
            facts = json.loads(file.metadata()["songweave"])
            self.assertEqual((facts["kind"], facts["format"]), ("melody", 1))
            self.assertTrue(all(file.get_tensor(name).dtype == torch.float16 for name in file.keys()))


if __name__ == "__main__":
    unittest.main()
