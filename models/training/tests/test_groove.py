"""The groove network learns, resumes exactly and exports."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from songweave_training.groove import export
from songweave_training.groove.data import BAR, DRUMS, HANDS, STYLES, GrooveSet
from songweave_training.groove.net import GrooveNet
from songweave_training.groove.trainer import GrooveTrainer
from songweave_training.loop import checkpoint
from tests import CONFIGS
from tests.resuming import assert_same_when_resumed

BARS = 8


def write_set(folder: Path) -> None:
    """Kick and snare in turn, hats in between; a bass note on every beat; fills of toms. Beyond all clips, every drum at every level."""
    folder.mkdir()
    beat = np.zeros((BARS * BAR, DRUMS), np.uint8)
    beat[::8, 0], beat[4::8, 1], beat[::2, 2] = 100, 110, 40
    fill = np.zeros((BAR, DRUMS), np.uint8)
    fill[8:, 4] = 90
    levels = np.repeat(np.array([[40], [70], [110]], np.uint8), DRUMS, 1)
    hands = np.zeros((BARS * BAR, HANDS), np.uint8)
    hands[::4, 0], hands[::2, 1] = 1, 4
    clips = [[0, BARS * BAR, style, 0] for style in range(STYLES)] + [[BARS * BAR, BAR, style, 1] for style in range(STYLES)]
    change = (np.arange(BARS * BAR) % BAR == 0).astype(np.uint8)
    tensors = {"drums": np.concatenate([beat, fill, levels]), "drum_clips": np.array(clips, np.int32), "hands": hands}
    tensors |= {"change": change, "hand_clips": np.array([[0, BARS * BAR, tempo] for tempo in (0, 1)], np.int32)}
    for split in ("train", "validation"):
        save_file(tensors, folder / f"{split}.safetensors")
    (folder / "set.json").write_text(json.dumps({"format": 1, "command": "test", "sources": []}))


class Groove(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.directory / "set"
        write_set(self.data)

    def trainer(self, out: str, steps: int) -> GrooveTrainer:
        config = tomllib.loads((CONFIGS / "groove.toml").read_text())
        config["network"] = {"drums": 16, "hands": 16}
        config["training"] |= {"crops": 4, "warm_up_steps": 5, "learning_rate": 1e-2, "decay_part": 0.1}
        config["log"] |= {"validate_every": 20, "validation_batches": 1}
        return GrooveTrainer(config, self.data, self.directory / out, steps)

    def test_it_learns_what_is_regular(self):
        trainer = self.trainer("run", 120)
        trainer.run()
        for line, best in trainer.best.items():
            self.assertLess(best["loss"], 0.5, line)

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 30), at=12)

    def test_a_voice_hears_only_the_voices_before_it_and_the_past(self):
        net = GrooveNet(8, 8)
        torch.nn.init.normal_(net.drums.within)
        levels = torch.zeros(1, 20, DRUMS, dtype=torch.long)
        other = levels.clone()
        other[0, 7, 4] = 2
        condition = torch.zeros(1, 20, 28)
        same = (net.drums(condition, levels) == net.drums(condition, other)).all(-1)[0]
        self.assertTrue(same[:7].all() and same[7, :5].all())
        self.assertFalse(same[7, 5:].any() or same[8:].all())

    def test_fills_end_the_phrase_and_are_said(self):
        stretch = GrooveSet(self.data / "train.safetensors").drums(np.random.default_rng(1), 32, 6, 1.0)
        fills = stretch.condition[..., -1] == 1
        self.assertTrue(fills.any(1).all())
        toms = stretch.levels[..., 4] > 0
        self.assertTrue((fills | ~toms).all())
        last = stretch.condition[..., BAR : BAR + 4].argmax(-1)[fills]
        self.assertTrue((last == 3).all())

    def test_export_writes_half_precision_weights_and_their_facts(self):
        self.trainer("run", 0).run()
        export.export(checkpoint.load(self.directory / "run"), self.directory / "weights")
        with safe_open(self.directory / "weights" / "groove.safetensors", "pt") as file:
            facts = json.loads(file.metadata()["songweave"])
            self.assertEqual((facts["kind"], facts["format"], len(facts["parts"])), ("groove", 1, DRUMS))
            self.assertTrue(all(file.get_tensor(name).dtype == torch.float16 for name in file.keys()))


if __name__ == "__main__":
    unittest.main()
