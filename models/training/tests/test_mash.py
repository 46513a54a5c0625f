"""The trainer learns, resumes exactly and exports."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path

import torch
from safetensors import safe_open

import numpy as np

from songweave_training.loop import checkpoint
from songweave_training.loop.trainer import parameters_of
from songweave_training.mash import export
from songweave_training.mash.augment import power_of, remix
from songweave_training.mash.data import open_set
from songweave_training.mash.losses import losses
from songweave_training.mash.net import MashNet, Shape, macs_per_hop
from songweave_training.mash.trainer import MashTrainer
from songweave_training.mash.trunks import BANDS, PARTS, TRUNKS
from tests import CONFIGS
from tests.resuming import assert_same_when_resumed
from tests.synthetic import write_set

SMALL = {"trunk": "attention", "hidden": 32, "heads": 2, "head_size": 8, "window": 8, "every": 4, "dropout": 0.1}
ALL_SIZES = SMALL | {"groups": 32, "channels": 8, "layers": 3, "dropout": 0.0}
SONGS = {"held_out": ["1.One"], "validation": ["2.Two"], "weights": {"real": 0.5, "blend": 0.2, "synthetic": 0.3}}


def settings() -> dict:
    config = tomllib.loads((CONFIGS / "mash.toml").read_text())
    config["network"], config["data"] = SMALL, SONGS
    config["training"] |= {"pairs": 4, "frames": 64, "settle": 8, "warm_up_steps": 5, "average": 0.9}
    config["log"] |= {"validation_pairs": 4, "validate_every": 40}
    return config


class Training(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.directory / "set"
        write_set(self.data, clips=12, seed=1)

    def trainer(self, out: str, steps: int) -> MashTrainer:
        return MashTrainer(settings(), self.data, self.directory / out, steps)

    def test_the_loss_falls(self):
        trainer = self.trainer("run", 80)
        trainer.run()
        training = [point["loss"] for point in trainer.history if point["split"] == "train"]
        self.assertLess(training[-1], training[0] - 0.3)
        self.assertTrue((self.directory / "run" / "curves.png").is_file())

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 12), at=5)

    def test_export_writes_half_precision_weights_and_their_facts(self):
        self.trainer("run", 0).run()
        export.export(checkpoint.load(self.directory / "run"), self.directory / "weights")
        with safe_open(self.directory / "weights" / "mash.safetensors", "pt") as file:
            facts = json.loads(file.metadata()["songweave"])
            self.assertEqual((facts["kind"], facts["format"], len(facts["bands_hz"])), ("mash", 1, 96))
            self.assertTrue(all(file.get_tensor(name).dtype == torch.float16 for name in file.keys()))


    def test_training_stops_when_validation_gets_no_better(self):
        trainer = self.trainer("run", 500)
        trainer.config["training"] |= {"patience": 1, "learning_rate": 0.0}
        trainer.run()
        self.assertLess(trainer.step, 500)
        self.assertEqual(trainer.step, trainer.best["step"] + 40)

    def test_a_run_can_begin_with_the_weights_of_another(self):
        self.trainer("first", 5).run()
        second = self.trainer("second", 5)
        second.begin_from(self.directory / "first")
        third = self.trainer("third", 5)
        name = "trunk.encoder.weight"
        self.assertFalse(torch.equal(second.net.state_dict()[name], third.net.state_dict()[name]))


    def test_a_run_can_begin_with_a_weight_file(self):
        self.trainer("run", 5).run()
        state = checkpoint.load(self.directory / "run")
        export.export(state, self.directory / "weights")
        second = self.trainer("second", 5)
        second.begin_from(self.directory / "weights" / "mash.safetensors")
        for name, value in state["best"]["weights"].items():
            torch.testing.assert_close(second.net.state_dict()[name], value.half().float())
        self.assertEqual(second.began_from, {"name": "mash-2-start", "step": 5})

    def test_where_only_the_vocals_are_known_nothing_is_learned_of_the_rest(self):
        trainer = self.trainer("run", 5)
        batch = trainer.train.pairs(np.random.default_rng(1), 4, 32)
        batch.divided[:] = 0.0
        logits = torch.randn(4, 2, 32, PARTS, BANDS, requires_grad=True)
        _, terms = losses(logits, torch.zeros(4, 32, PARTS), batch, trainer.scale, 8)
        (terms["regression"] + terms["parts"]).backward()
        # What moves all parts of the rest alike is the vocals' business; what moves them against each other nobody's.
        between = (logits.grad / torch.softmax(logits.detach(), dim=3))[:, :, 8:, 1:]
        self.assertGreater(float(logits.grad[:, :, 8:, 0].abs().max()), 1e-5)
        self.assertLess((between - between.mean(dim=3, keepdim=True)).abs().max().item(), 1e-3 * between.abs().max().item())


class Data(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        write_set(self.directory, clips=6, seed=2)

    def test_nothing_of_held_out_or_validating_songs_is_trained_on(self):
        train, validation = open_set(self.directory, SONGS)
        self.assertEqual(train.songs, ["3.Three", "made"])
        self.assertEqual((validation["real"].songs, validation["synthetic"].songs), (["2.Two"], ["kept"]))

    def test_a_remix_keeps_shares_that_add_up_and_energies_that_fit(self):
        train, _ = open_set(self.directory, SONGS)
        batch = train.pairs(np.random.default_rng(1), 8, 64)
        mixed = remix(batch, np.random.default_rng(3))
        self.assertFalse(torch.equal(mixed.features, batch.features))
        torch.testing.assert_close(mixed.shares.sum(dim=3), torch.ones_like(mixed.shares[:, :, :, 0]), atol=2e-3, rtol=0)
        for name in ("features", "shares", "part_level"):
            self.assertTrue(torch.isfinite(getattr(mixed, name)).all(), name)
        again = remix(batch, np.random.default_rng(3))
        self.assertTrue(torch.equal(mixed.shares, again.shares))
        part = power_of(mixed.features[..., :BANDS])[:, :, :, None] * mixed.shares
        level = 10.0 * torch.log10(part.mean(dim=-1) + 1e-9)
        self.assertGreater(float(np.corrcoef(level.flatten(), mixed.part_level.flatten())[0, 1]), 0.9)


class Network(unittest.TestCase):
    def nets(self):
        for trunk in TRUNKS:
            torch.manual_seed(0)
            yield trunk, MashNet(Shape(**ALL_SIZES | {"trunk": trunk})).eval()

    def setUp(self):
        torch.manual_seed(0)
        self.features = torch.randn(1, 2, 48, 192)

    def test_swapping_the_songs_swaps_the_answer(self):
        for trunk, net in self.nets():
            shares, lead = net(self.features)
            swapped, back = net(self.features.flip(1))
            torch.testing.assert_close(swapped.flip(1), shares, msg=trunk)
            torch.testing.assert_close(back, -lead, msg=trunk)

    def test_the_future_changes_nothing(self):
        later = self.features.clone()
        later[:, :, 30:] += 1.0
        for trunk, net in self.nets():
            for before, after in zip(net(self.features), net(later)):
                hop = before.dim() - 2 if before.dim() == 3 else 2
                torch.testing.assert_close(before.narrow(hop, 0, 30), after.narrow(hop, 0, 30), msg=trunk)

    def test_the_multiplications_of_a_dense_network_are_its_weights_for_both_songs(self):
        net = MashNet(Shape(**ALL_SIZES | {"trunk": "recurrent"}))
        self.assertAlmostEqual(macs_per_hop(net) / 2, parameters_of(net), delta=0.08 * parameters_of(net))


if __name__ == "__main__":
    unittest.main()
