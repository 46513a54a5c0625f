"""Training of the groove network. Every draw is keyed by (seed, step): a resumed run equals an uninterrupted one."""

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
from groove_data import DRUM_LEVELS, HAND_LEVELS, STYLES, TEMPI, GrooveSet, Stretch
from groove_net import GrooveNet, Marginals, loss_of

VALIDATION_KEY, BASELINE_KEY = 0x7A11, 0xBA5E
BASELINE_BATCHES = 60
LOG_EVERY = 20


class GrooveTrainer:
    """One run: network, running mean of its weights and the best of these so far, optimiser, data and history."""

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        self.config, self.out = config, out
        self.steps = config["training"]["steps"] if steps is None else steps
        torch.set_num_threads(config["threads"])
        torch.manual_seed(config["seed"])
        self.facts = json.loads((data / "set.json").read_text())
        self.train, self.validation = GrooveSet(data / "train.safetensors"), GrooveSet(data / "validation.safetensors")
        self.net = GrooveNet(**config["network"])
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(self.net.parameters(), weight_decay=config["training"]["weight_decay"])
        self.step, self.history = 0, []
        self.best = {line: {"loss": math.inf, "step": 0} for line in ("drums", "hands")}
        self.best_weights = copy.deepcopy(self.average.state_dict())
        self.baseline = self._baseline()
        self.resumed, self.stopping = [], False

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        state = checkpoint.load(self.out)
        if state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{self.out}: the checkpoint is of another network; take its --config or another folder")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history, self.best = state["step"], state["history"], state["best"]
        self.best_weights = state["best_weights"]
        self.resumed = state["resumed"] + [{"at_step": self.step, "planned_steps": self.steps}]

    def save(self) -> None:
        """Writes the checkpoint and the curves."""
        tables = {name: torch.from_numpy(table) for name, table in self.train.tables().items()}
        state = {"net": self.net.state_dict(), "average": self.average.state_dict(), "step": self.step}
        state |= {"optimiser": self.optimiser.state_dict(), "history": self.history, "best": self.best}
        state |= {"best_weights": self.best_weights, "config": self.config, "facts": self.facts}
        state |= {"tables": tables, "baseline": self.baseline, "resumed": self.resumed}
        checkpoint.save(self.out, state)
        draw_curves(self.history, self.out / "curves.png")

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains up to the last step, or until neither line gets better, or until it is told to stop."""
        log, saved, settings = self.config["log"], time.monotonic(), self.config["training"]
        bar = tqdm(total=self.steps, initial=self.step, unit="step")
        print(f"marginals, validation: {self.baseline}")
        while self.step < self.steps and not self.stopping:
            terms = self._step(settings)
            self.step += 1
            bar.update()
            if self.step % LOG_EVERY == 0:
                self._record("train", terms)
            if self.step % log["validate_every"] == 0 or self.step == self.steps:
                self._validate(bar)
            if self.step - max(best["step"] for best in self.best.values()) >= settings["patience"] * log["validate_every"]:
                break
            if time.monotonic() - saved > log["checkpoint_seconds"]:
                self.save()
                saved = time.monotonic()
        bar.close()
        self.save()
        print(f"best: {self.best}")

    def _step(self, settings: dict) -> dict[str, torch.Tensor]:
        key = [self.config["seed"], self.step]
        draw = np.random.default_rng(key)
        torch.manual_seed(int(draw.integers(2**31)))  # dropout
        drums, hands = self._stretches(self.train, draw)
        into_decay = (self.step - self.steps * (1.0 - settings["decay_part"])) / max(1.0, self.steps * settings["decay_part"])
        rate = min(1.0, (self.step + 1) / settings["warm_up_steps"]) * math.cos(math.pi / 2 * max(0.0, into_decay)) ** 2
        for group in self.optimiser.param_groups:
            group["lr"] = settings["learning_rate"] * rate
        terms = self._losses(self.net, drums, hands, settings["dropout"])
        self.optimiser.zero_grad(set_to_none=True)
        (terms["drums"] + terms["hands"]).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), settings["clip_gradient"])
        self.optimiser.step()
        with torch.no_grad():
            decay = min(settings["average"], (self.step + 1) / (self.step + 10))
            for mean, current in zip(self.average.parameters(), self.net.parameters()):
                mean.lerp_(current, 1.0 - decay)
        return {name: term.detach() for name, term in terms.items()}

    def _stretches(self, source: GrooveSet, draw: np.random.Generator) -> tuple[Stretch, Stretch]:
        settings = self.config["training"]
        drums = source.drums(draw, settings["crops"], settings["bars"], settings["fills"])
        return drums, source.played(draw, settings["crops"], settings["bars"])

    def _losses(self, net: GrooveNet, drums: Stretch, hands: Stretch, dropout: float = 0.0) -> dict[str, torch.Tensor]:
        found = (net.drums(drums.condition, drums.levels, dropout), net.hands(hands.condition, hands.levels, dropout))
        return {"drums": loss_of(found[0], drums.levels), "hands": loss_of(found[1], hands.levels)}

    def _validation(self):
        draw = np.random.default_rng([self.config["seed"], VALIDATION_KEY])
        return [self._stretches(self.validation, draw) for _ in range(self.config["log"]["validation_batches"])]

    @torch.no_grad()
    def _validate(self, bar: tqdm) -> None:
        """Measures the running mean; each line keeps its own best weights."""
        results = [self._losses(self.average, *stretches) for stretches in self._validation()]
        found = {name: float(np.mean([result[name] for result in results])) for name in results[0]}
        self._record("validation", found)
        for line, loss in found.items():
            if loss < self.best[line]["loss"]:
                self.best[line] = {"loss": loss, "step": self.step}
                better = {name: x.clone() for name, x in self.average.state_dict().items() if name.startswith(line)}
                self.best_weights |= better
        bar.write(f"step {self.step}: {found}")

    @torch.no_grad()
    def _baseline(self) -> dict[str, float]:
        """Marginal frequencies of the training data, measured on the validation data."""
        draw = np.random.default_rng([self.config["seed"], BASELINE_KEY])
        train = [self._stretches(self.train, draw) for _ in range(BASELINE_BATCHES)]
        validation, losses = self._validation(), {}
        for index, (line, kinds, levels) in enumerate([("drums", STYLES, DRUM_LEVELS), ("hands", TEMPI, HAND_LEVELS)]):
            condition = torch.cat([stretches[index].condition for stretches in train])
            marginals = Marginals(condition, torch.cat([stretches[index].levels for stretches in train]), kinds, levels)
            found = [marginals.loss(stretches[index].condition, stretches[index].levels) for stretches in validation]
            losses[line] = float(torch.stack(found).mean())
        return losses

    def _record(self, split: str, values: dict) -> None:
        self.history.append({"split": split, "step": self.step} | {name: float(value) for name, value in values.items()})
