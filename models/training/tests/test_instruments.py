"""The instrument networks learn, resume exactly and export."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from songweave_training.instruments import export
from songweave_training.instruments.data import ProgramSet
from songweave_training.instruments.envelope import ENVELOPE, _row, place
from songweave_training.instruments.net import CHANNELS, NOISE_BANDS, PARTIALS, PROGRAMS, noise_edges, seconds_of
from songweave_training.instruments.trainer import InstrumentTrainer, audibility
from songweave_training.loop import checkpoint
from tests import CONFIGS
from tests.resuming import assert_same_when_resumed

VELOCITIES = [64, 76, 92, 108, 124]
LEVELS = CHANNELS * (PARTIALS + NOISE_BANDS)


def write_set(folder: Path) -> None:
    """Partials that fall by 6 dB each and by 20 dB a second, brighter at higher velocities; five partials."""
    folder.mkdir()
    for program, (_, low, high) in enumerate(PROGRAMS):
        keys, ages = high - low + 1, np.geomspace(0.01, seconds_of(program), 8, dtype=np.float32)
        partial = np.tile(np.arange(PARTIALS), CHANNELS)
        levels = np.full((len(VELOCITIES), len(ages), LEVELS), -95.0)
        for note, velocity in enumerate(VELOCITIES):
            slope = -6.0 + 2.0 * (velocity - 64) / 60
            levels[note, :, : len(partial)] = np.maximum(-20.0 + slope * partial - 10.0 * ages[:, None], -95.0)
        pairs = [[key, velocity, note] for key in range(keys) for note, velocity in enumerate(VELOCITIES)]
        octaves = np.where(np.arange(PARTIALS) < 5, 0.0, -32.0) * np.ones((keys, 1))
        tensors = {"levels": levels.astype(np.float16), "glide": np.zeros(levels.shape[:2], np.float16), "ages": ages}
        tensors |= {"notes": np.array(pairs, np.int32), "octaves": octaves.astype(np.float32)}
        tensors |= {name: np.full(keys, 60.0, np.float32) for name in ("release", "fall")} | {"level": np.full(1, -20.0, np.float32)}
        power = -10.0 - 10.0 * np.arange(int(1000 * seconds_of(program))) / 1000.0
        tensors |= {"power": np.tile(power.astype(np.float16), (keys, 1)), "smoothing": np.full(keys, 0.01, np.float32)}
        save_file(tensors, folder / f"{program}.safetensors")
    (folder / "set.json").write_text(json.dumps({"format": 1, "command": "test", "sources": []}))


class Instruments(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.directory / "set"
        write_set(self.data)

    def trainer(self, out: str, steps: int, programs: list[int]) -> InstrumentTrainer:
        config = tomllib.loads((CONFIGS / "instruments.toml").read_text())
        config["network"] |= {"embedding": 4, "hidden": 16, "ages": 8}
        config["training"] |= {"rows": 64, "warm_up_steps": 5, "learning_rate": 2e-2}
        config["log"]["validate_every"] = 1000
        return InstrumentTrainer(config, self.data, self.directory / out, steps, programs)

    def test_it_learns_levels_of_pairs_that_it_has_not_seen(self):
        trainer = self.trainer("run", 300, [6])
        trainer.run()
        self.assertLess(trainer.best["decibels"]["Piano"], 2.0)
        self.assertGreater(trainer.baseline["Piano"], 0.1)

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 12, [3]), at=5)

    def test_no_pair_is_in_both_splits_and_every_key_is_trained(self):
        one = ProgramSet(self.data, 6)
        pairs = [{tuple(pair[:2]) for pair in split.tolist()} for split in (one.train, one.validation)]
        self.assertFalse(pairs[0] & pairs[1])
        self.assertEqual(sum(map(len, pairs)), 73 * len(VELOCITIES))
        self.assertEqual({key for key, _ in pairs[0]}, set(range(73)))
        self.assertGreater(len(pairs[1]), 73 // 2)

    def test_what_is_far_below_the_loudest_hardly_counts(self):
        weight = audibility(torch.tensor([[-20.0, -40.0, -79.0, -100.0]]))[0]
        self.assertTrue((weight.diff() <= 0).all() and weight[0] > 0.9 and weight[3] < 0.15)

    def test_noise_bands_are_those_of_the_plugin(self):
        edges = noise_edges()
        self.assertEqual((len(edges), edges[0]), (NOISE_BANDS + 1, 0.0))
        self.assertAlmostEqual(edges[-1], 20_000.0, places=3)

    def test_a_table_makes_a_note_as_loud_as_the_true_one(self):
        where = place(np.arange(8000) / 1000.0, 8.0)
        wanted = 3.0 * np.sin(0.3 * np.arange(ENVELOPE)) - 6.0 * (np.arange(ENVELOPE) < 2)
        own = 10.0 ** (-3.0 - np.arange(8000) / 4000.0)
        window = np.hanning(43)[1:-1] / np.hanning(43).sum()
        true = np.convolve(own * 10.0 ** (np.interp(where, np.arange(ENVELOPE), wanted) / 10.0), window, "same")
        found = _row(true, own, where, 0.041)
        self.assertLess(np.abs(found - wanted)[8:].max(), 0.1)
        self.assertLess(np.abs(found - wanted).max(), 4.0)
        self.assertTrue((_row(np.zeros(8000), own, where, 0.041) == -40.0).all())

    def test_a_set_without_powers_is_refused(self):
        save_file({"release": np.zeros(73, np.float32)}, self.data / "6.safetensors")
        with self.assertRaisesRegex(SystemExit, "dataset instruments"):
            ProgramSet(self.data, 6)

    def test_export_writes_half_precision_weights_and_their_facts(self):
        self.trainer("run", 0, list(range(len(PROGRAMS)))).run()
        export.export(checkpoint.load(self.directory / "run"), self.directory / "weights")
        with safe_open(self.directory / "weights" / "instruments.safetensors", "pt") as file:
            facts = json.loads(file.metadata()["songweave"])
            self.assertEqual((facts["kind"], facts["format"], len(facts["parts"])), ("instruments", 1, len(PROGRAMS)))
            self.assertEqual(file.get_tensor("6.envelope").shape, (73, ENVELOPE))
            self.assertTrue(all(file.get_tensor(name).dtype == torch.float16 for name in file.keys()))


if __name__ == "__main__":
    unittest.main()
