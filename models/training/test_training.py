"""`python -m unittest discover models/training`: the trainer learns, resumes exactly and exports."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path
from unittest import mock

import torch
from safetensors import safe_open

import losses
from export import export
from net import MashNet, Shape
from synthetic import write_set
from trainer import Trainer

SMALL = {"hidden": 32, "heads": 2, "head_size": 8, "window": 8, "every": 4}


def settings() -> dict:
    config = tomllib.loads(Path(__file__).with_name("mash.toml").read_text())
    config["network"] = SMALL
    config["training"] |= {"pairs": 4, "frames": 64, "warm_up_steps": 5, "average": 0.9}
    config["log"]["validation_pairs"] = 4
    return config


class Training(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.directory / "set"
        write_set(self.data, clips=12, seed=1)

    def trainer(self, out: str, steps: int) -> Trainer:
        return Trainer(settings(), self.data, self.directory / out, steps)

    def test_the_loss_falls(self):
        trainer = self.trainer("run", 80)
        trainer.run()
        training = [point["loss"] for point in trainer.history if point["split"] == "train"]
        self.assertLess(training[-1], training[0] - 0.3)
        self.assertTrue((self.directory / "run" / "curves.png").is_file())

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        whole = self.trainer("whole", 12)
        whole.run()
        first = self.trainer("halves", 12)
        step = first._step

        def stop_at_five(model):
            first.stopping = first.step == 4
            return step(model)

        with mock.patch.object(first, "_step", stop_at_five):
            first.run()
        self.assertEqual(first.step, 5)
        second = self.trainer("halves", 12)
        second.resume()
        second.run()
        self.assertEqual(whole.history, second.history)
        for name, value in whole.average.state_dict().items():
            self.assertTrue(torch.equal(value, second.average.state_dict()[name]), name)

    def test_export_writes_half_precision_weights_and_their_facts(self):
        self.trainer("run", 0).run()
        export(self.directory / "run", self.directory / "weights")
        with safe_open(self.directory / "weights" / "mash.safetensors", "pt") as file:
            facts = json.loads(file.metadata()["songweave"])
            self.assertEqual((facts["kind"], facts["format"], len(facts["bands_hz"])), ("mash", 1, 96))
            self.assertTrue(all(file.get_tensor(name).dtype == torch.float16 for name in file.keys()))


class Network(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.net = MashNet(Shape(**SMALL)).eval()
        self.features = torch.randn(1, 2, 48, 192)

    def test_swapping_the_songs_swaps_the_answer(self):
        shares, lead = self.net(self.features)
        swapped, back = self.net(self.features.flip(1))
        torch.testing.assert_close(swapped.flip(1), shares)
        torch.testing.assert_close(back, -lead)

    def test_the_future_changes_nothing(self):
        later = self.features.clone()
        later[:, :, 30:] += 1.0
        for before, after in zip(self.net(self.features), self.net(later)):
            hop = before.dim() - 2 if before.dim() == 3 else 2
            torch.testing.assert_close(before.narrow(hop, 0, 30), after.narrow(hop, 0, 30))


class Lead(unittest.TestCase):
    def test_the_louder_song_leads_and_silence_is_a_draw(self):
        levels = torch.full((1, 2, 8, 4), -90.0)
        levels[0, 1, :, 0] = -20.0
        target = losses.lead_target(levels, 0.0116)
        self.assertGreater(float(target[0, -1, 0]), 0.99)
        self.assertEqual(float(target[0, -1, 1]), 0.5)


if __name__ == "__main__":
    unittest.main()
