"""Training of the melody network. Every draw is keyed by (seed, step): a resumed run equals an uninterrupted one."""

import copy
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import checkpoint
from curves import draw_curves
from melody_data import MelodySet
from melody_net import MelodyNet, losses_of, parameters_of

KIND = "melody"
LOG_EVERY, SONGS_AT_ONCE = 20, 32


class MelodyTrainer:
    """One run: network, running mean of its weights and the best of these so far, optimiser, data and history."""

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        self.config, self.out = config, out
        self.steps = config["training"]["steps"] if steps is None else steps
        torch.set_num_threads(config["threads"])
        torch.manual_seed(config["seed"])
        self.facts = json.loads((data / "set.json").read_text())
        self.train, self.choose = MelodySet(data / "train.safetensors"), MelodySet(data / "choose.safetensors")
        self.net = MelodyNet(**config["network"])
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(self.net.parameters(), weight_decay=config["training"]["weight_decay"])
        self.step, self.history, self.stopping = 0, [], False
        self.best = {"step": 0, "figures": {"note": math.inf}, "weights": copy.deepcopy(self.average.state_dict())}
        self.resumed = []

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        state = checkpoint.load(self.out)
        if state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{self.out}: the checkpoint is of another network; take its --config or another folder")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history, self.best = state["step"], state["history"], state["best"]
        self.resumed = state["resumed"] + [{"at_step": self.step, "planned_steps": self.steps}]

    def save(self) -> None:
        """Writes the checkpoint and the curves."""
        state = {"kind": KIND, "net": self.net.state_dict(), "average": self.average.state_dict(), "step": self.step}
        state |= {"optimiser": self.optimiser.state_dict(), "history": self.history, "best": self.best}
        state |= {"config": self.config, "facts": self.facts, "resumed": self.resumed}
        checkpoint.save(self.out, state)
        draw_curves(self.history, self.out / "curves.png")

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains up to the last step, or until it gets no better, or until it is told to stop."""
        log, saved, settings = self.config["log"], time.monotonic(), self.config["training"]
        bar = tqdm(total=self.steps, initial=self.step, unit="step")
        baselines = ", ".join(f"{one['order']}-gram {one['nats_per_note']:.3f}" for one in self.facts["baselines"])
        print(f"{parameters_of(self.net):,} parameters; nats per note on the songs to choose by: {baselines}")
        while self.step < self.steps and not self.stopping:
            terms = self._step(settings)
            self.step += 1
            bar.update()
            if self.step % LOG_EVERY == 0:
                self._record("train", terms)
            if self.step % log["choose_every"] == 0 or self.step == self.steps:
                self._measure(bar)
            if self.step - self.best["step"] >= settings["patience"] * log["choose_every"]:
                break
            if time.monotonic() - saved > log["checkpoint_seconds"]:
                self.save()
                saved = time.monotonic()
        bar.close()
        self.save()
        print(f"best: {self.best['figures']} at step {self.best['step']}")

    def _step(self, settings: dict) -> dict[str, torch.Tensor]:
        draw = np.random.default_rng([self.config["seed"], self.step])
        torch.manual_seed(int(draw.integers(2**31)))  # dropout
        heard = self.train.stretches(draw, settings["stretches"], settings["events"], settings["hidden"])
        into_decay = (self.step - self.steps * (1.0 - settings["decay_part"])) / max(1.0, self.steps * settings["decay_part"])
        rate = min(1.0, (self.step + 1) / settings["warm_up_steps"]) * math.cos(math.pi / 2 * max(0.0, into_decay)) ** 2
        for group in self.optimiser.param_groups:
            group["lr"] = settings["learning_rate"] * rate
        terms = losses_of(self.net(heard, settings["dropout"]), heard)
        self.optimiser.zero_grad(set_to_none=True)
        terms["note"].backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), settings["clip_gradient"])
        self.optimiser.step()
        with torch.no_grad():
            decay = min(settings["average"], (self.step + 1) / (self.step + 10))
            for mean, current in zip(self.average.parameters(), self.net.parameters()):
                mean.lerp_(current, 1.0 - decay)
        return {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def _measure(self, bar: tqdm) -> None:
        """Measures the running mean on whole songs that are not trained on, without the voice's contour."""
        order = sorted(range(len(self.choose.songs)), key=lambda index: len(self.choose.songs[index].start))
        sums, notes = {}, 0
        for first in range(0, len(order), SONGS_AT_ONCE):
            heard = self.choose.whole(order[first : first + SONGS_AT_ONCE])
            count = int((heard.pitch > 0).sum())
            for name, loss in losses_of(self.average(heard), heard).items():
                sums[name] = sums.get(name, 0.0) + float(loss) * count
            notes += count
        found = {name: loss / notes for name, loss in sums.items()}
        self._record("choose", found)
        if found["note"] < self.best["figures"]["note"]:
            self.best = {"step": self.step, "figures": found, "weights": copy.deepcopy(self.average.state_dict())}
        bar.write(f"step {self.step}: {found}")

    def _record(self, split: str, values: dict) -> None:
        self.history.append({"split": split, "step": self.step} | {name: float(value) for name, value in values.items()})
