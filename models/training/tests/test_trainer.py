"""The loop stops when it is told or gets no better, and resumes exactly."""

import json
import os
import signal
import tempfile
import unittest
from pathlib import Path

import torch
from torch import Tensor

from songweave_training.loop import checkpoint
from songweave_training.loop.trainer import AveragingTrainer
from tests.resuming import assert_same_when_resumed

CONFIG = {
    "name": "toy", "seed": 1, "threads": 1, "network": {"inputs": 3},
    "training": {"steps": 100, "learning_rate": 1e-2, "warm_up_steps": 5, "decay_part": 0.5, "average": 0.9, "patience": 2},
    "log": {"checkpoint_seconds": 1000, "validate_every": 10},
}


class Toy(AveragingTrainer):
    """Learns to add three numbers; what validation finds is handed in."""

    kind = dataset = "toy"
    log_every = 1

    def __init__(self, config: dict, data: Path, out: Path, steps: int, found: list[float]):
        super().__init__(config, data, out, steps)
        self.found = found
        self._begin(torch.nn.Linear(config["network"]["inputs"], 1))

    def describe(self) -> str:
        return "a toy"

    def _step(self) -> dict[str, Tensor]:
        self._draw()
        heard = torch.rand(8, 3)
        loss = (self.net(heard)[:, 0] - heard.sum(1)).square().mean()
        self._descend(loss, self._falling_rate())
        return {"loss": loss.detach()}

    def _validate(self) -> dict[str, float]:
        figures = {"loss": self.found[self.step // 10 - 1]}
        self._record("validation", figures)
        if figures["loss"] < self.best["figures"].get("loss", 9.0):
            self._keep_as_best(figures)
        return figures


class Loop(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.directory / "set.json").write_text(json.dumps({}))

    def trainer(self, out: str, steps: int = 100, found: tuple[float, ...] = (8, 7, 6, 5, 4, 3, 2, 1), config: dict = CONFIG) -> Toy:
        return Toy(config, self.directory, self.directory / out, steps, list(found))

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 30), at=7)

    def test_a_signal_ends_the_run_after_its_step_with_a_checkpoint(self):
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        self.addCleanup(lambda: [signal.signal(*pair) for pair in zip((signal.SIGTERM, signal.SIGINT), before)])
        trainer = self.trainer("run")
        step = trainer._step

        def told() -> dict[str, Tensor]:
            if trainer.step == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            return step()

        trainer._step = told
        trainer.stop_on_signals()
        trainer.run()
        self.assertEqual((trainer.step, checkpoint.load(self.directory / "run")["step"]), (3, 3))
        self.assertEqual([point["step"] for point in trainer.history], [1, 2, 3])

    def test_it_stops_when_it_gets_no_better_and_keeps_the_best(self):
        trainer = self.trainer("run", found=(5, 4, 6, 6, 1, 1))
        trainer.run()
        self.assertEqual((trainer.step, trainer.best["step"], trainer.best["figures"]), (40, 20, {"loss": 4}))
        self.assertFalse(torch.equal(trainer.best["weights"]["weight"], trainer.average.weight))
        again = self.trainer("run", found=(5, 4, 6, 6, 1, 1))
        again.resume()
        again.run()
        self.assertEqual(again.step, 40)

    def test_another_run_gives_its_best_weights_and_its_name(self):
        first = self.trainer("first", 20)
        first.run()
        second = self.trainer("second", 0)
        second.begin_from(self.directory / "first")
        self.assertEqual(second.began_from, {"name": "toy", "step": 20})
        for weight in (second.net.weight, second.average.weight, second.best["weights"]["weight"]):
            self.assertTrue(torch.equal(weight, first.average.weight))

    def test_a_run_of_another_network_is_refused(self):
        self.trainer("run", 1, found=(1,) * 9).save()
        with self.assertRaisesRegex(SystemExit, "another network"):
            self.trainer("run", config=CONFIG | {"network": {"inputs": 4}}).resume()
        with self.assertRaisesRegex(SystemExit, "no checkpoint"):
            self.trainer("none").resume()

    def test_a_folder_without_a_set_says_what_to_run(self):
        with self.assertRaisesRegex(SystemExit, "set.json.*cargo xtask dataset toy"):
            Toy(CONFIG, self.directory / "none", self.directory, 1, [])


if __name__ == "__main__":
    unittest.main()
