"""What every training run has: the loop, checkpoints, history, and the end when nothing gets better.

Whatever a trainer draws is keyed by (seed, step) or the like: a resumed run equals an uninterrupted one exactly.
"""

import copy
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor, nn
from tqdm import tqdm

from songweave_training.loop import checkpoint
from songweave_training.loop.curves import draw_curves
from songweave_training.loop.sets import read_facts


class Trainer:
    """One run. What is trained, on what, and how it is judged are a subclass's: `describe`, `_step` and `_validate`."""

    kind: str
    """Name of the network."""
    dataset: str
    """Name of its set, as in `cargo xtask dataset NAME`."""
    log_every = 20
    """Steps between two points of the training curve."""
    validate_every = "validate_every"
    """The configuration's name for the steps between two validations."""
    told = ("kind", "config", "facts")
    """Attributes that a checkpoint says to whoever reads it."""
    lasting = ("step", "history", "resumed")
    """Attributes that a checkpoint holds and a resumed run goes on with."""
    quiet = False
    """Whether another process does the talking."""

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        self.config, self.out = config, out
        self.steps = config["training"]["steps"] if steps is None else steps
        torch.set_num_threads(config["threads"])
        torch.manual_seed(config["seed"])
        self.facts = read_facts(data, self.dataset)
        self.step, self.history, self.resumed, self.stopping = 0, [], [], False
        self.learned: dict[str, nn.Module | torch.optim.Optimizer] = {}
        """What a checkpoint holds the state of, by name."""

    def describe(self) -> str:
        """One line about the run."""
        raise NotImplementedError

    def _step(self) -> dict[str, Tensor | float]:
        """One step of training; the terms of its loss."""
        raise NotImplementedError

    def _validate(self) -> dict[str, float]:
        """Records figures on what is not trained on; what to say of them."""
        raise NotImplementedError

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        self._restore(self._load(self.out))
        self.resumed = self.resumed + [{"at_step": self.step, "planned_steps": self.steps}]

    def _load(self, run: Path) -> dict:
        """The checkpoint of a run of the same network."""
        state = checkpoint.load(run)
        # The kind is missing in checkpoints of before it was written.
        if state.get("kind", self.kind) != self.kind or state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{run}: the checkpoint is of another network; take its --config or another folder")
        return state

    def _state(self) -> dict:
        """What a checkpoint holds."""
        state = {name: getattr(self, name) for name in self.told + self.lasting}
        return state | {name: part.state_dict() for name, part in self.learned.items()}

    def _restore(self, state: dict) -> None:
        """Takes up what a checkpoint holds; what one of before did not hold yet stays as it is at the beginning."""
        for name in self.lasting:
            setattr(self, name, state.get(name, getattr(self, name)))
        for name, part in self.learned.items():
            part.load_state_dict(state[name])

    def save(self) -> None:
        """Writes the checkpoint and the curves."""
        checkpoint.save(self.out, self._state())
        draw_curves(self.history, self.out / "curves.png")

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains until the run is over, or until it gets no better, or until it is told to stop."""
        log, saved = self.config["log"], time.monotonic()
        bar = tqdm(total=self.steps, initial=self.step, unit="step", mininterval=1.0, disable=self.quiet)
        self._say(bar, self.describe())
        while not (self.stopping or self._is_over() or self._is_out_of_patience()):
            terms = self._step()
            self.step += 1
            bar.update()
            if self.step % self.log_every == 0:
                self._record("train", terms)
                bar.set_postfix({name: f"{self.history[-1][name]:.3f}" for name in terms}, refresh=False)
            if self.step % log[self.validate_every] == 0 or self._is_over():
                found = ", ".join(f"{name} {value:.4f}" for name, value in self._validate().items())
                self._say(bar, f"step {self.step}: {found}")
            if time.monotonic() - saved > log["checkpoint_seconds"]:
                self.save()
                saved = time.monotonic()
        bar.close()
        self.save()

    def _say(self, bar: tqdm, line: str) -> None:
        if not self.quiet:
            bar.write(line)

    def _is_over(self) -> bool:
        return self.step >= self.steps

    def _is_out_of_patience(self) -> bool:
        return False

    def _draw(self, *key: int) -> np.random.Generator:
        """The random numbers of this step; the first one is for dropout."""
        draw = np.random.default_rng([self.config["seed"], *key, self.step])
        torch.manual_seed(int(draw.integers(2**31)))
        return draw

    def _record(self, split: str, values: dict) -> None:
        self.history.append({"split": split, "step": self.step} | {name: float(value) for name, value in values.items()})


class AveragingTrainer(Trainer):
    """A run of one network, of which the running mean of the weights is validated and ships."""

    lasting = Trainer.lasting + ("best", "began_from")

    def _begin(self, net: nn.Module) -> None:
        """Takes the network that is to be trained."""
        self.net, self.average = net, copy.deepcopy(net).eval()
        # Without weight decay this is Adam.
        self.optimiser = torch.optim.AdamW(net.parameters(), weight_decay=self.config["training"].get("weight_decay", 0.0))
        self.learned = {"net": self.net, "average": self.average, "optimiser": self.optimiser}
        self.began_from = None
        self.best = {"step": 0, "figures": {}, "weights": copy.deepcopy(self.average.state_dict())}

    def begin_from(self, run: Path) -> None:
        """Begins with the best weights of another run, or with a weight file that was shipped."""
        state = self._shipped(run) if run.is_file() else self._load(run)
        for net in (self.net, self.average):
            net.load_state_dict(state["best"]["weights"])
        self.best["weights"] = state["best"]["weights"]
        self.began_from = {"name": state["config"]["name"], "step": state["best"]["step"]}

    def _shipped(self, path: Path) -> dict:
        """A weight file as the checkpoint of the run that made it, as far as it can be told."""
        with safe_open(path, "pt") as file:
            found = {name: file.get_tensor(name).float() for name in file.keys()}
            training = json.loads(file.metadata()["songweave"])["training"]
        own = self.net.state_dict()
        named = {name: next((found[short] for short in found if name == short or name.endswith(f".{short}")), None) for name in own}
        if any(value is None or value.shape != own[name].shape for name, value in named.items()):
            raise SystemExit(f"{path}: these are the weights of another network; take its --config")
        return {"config": {"name": training["name"]}, "best": {"weights": named, "step": training["steps"]}}

    def _keep_as_best(self, figures: dict) -> None:
        self.best = {"step": self.step, "figures": figures, "weights": copy.deepcopy(self.average.state_dict())}

    def run(self) -> None:
        """Trains as every trainer does, and says what was best."""
        super().run()
        if "patience" in self.config["training"] and not self.quiet:
            print(f"best at step {self._best_step()}")

    def _best_step(self) -> int:
        return self.best["step"]

    def _is_out_of_patience(self) -> bool:
        """Whether the configuration's `patience` is exhausted: so many validations without a better one."""
        patience, every = self.config["training"].get("patience"), self.config["log"][self.validate_every]
        return patience is not None and self.step - self._best_step() >= patience * every

    def _falling_rate(self) -> float:
        """The learning rate of this step: a linear warm-up, and the square of a cosine over the last `decay_part` of the steps."""
        settings, part = self.config["training"], self.config["training"]["decay_part"]
        into_decay = (self.step - self.steps * (1.0 - part)) / max(1.0, self.steps * part)
        rate = min(1.0, (self.step + 1) / settings["warm_up_steps"]) * math.cos(math.pi / 2 * max(0.0, into_decay)) ** 2
        return settings["learning_rate"] * rate

    def _descend(self, loss: Tensor, learning_rate: float) -> None:
        """A step of the optimiser, and of the running mean."""
        settings = self.config["training"]
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if "clip_gradient" in settings:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), settings["clip_gradient"])
        self.optimiser.step()
        decay = min(settings["average"], (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for mean, current in zip(self.average.parameters(), self.net.parameters()):
                mean.lerp_(current, 1.0 - decay)


def parameters_of(net: nn.Module) -> int:
    """Number of trained numbers in a network."""
    return sum(parameter.numel() for parameter in net.parameters())
