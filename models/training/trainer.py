"""The training loop. Every draw is keyed by (seed, process, step): a resumed run equals an uninterrupted one exactly."""

import copy
import json
import math
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

import checkpoint
from augment import augment
from curves import draw_curves
from data import Clips, open_set, read_facts
from losses import Scale, figures, losses
from net import MashNet, Shape, macs_per_hop, parameters_of

VALIDATION_KEY = 0x7A11
LOG_EVERY = 20
"""Steps between two points of the training curve."""
SCORE = "gain_db"
"""The figure of validation that decides which weights are the best and when to stop, mean over the validation sets."""


def learning_rate(step: int, steps: int, settings: dict) -> float:
    """Linear warm-up, constant, then a cosine down: `--steps` can be changed on resuming while the rate is constant."""
    warm = min(1.0, (step + 1) / settings["warm_up_steps"])
    decay = steps * settings["decay_part"]
    into_decay = max(0.0, (step - steps + decay) / max(1.0, decay))
    return settings["learning_rate"] * warm * 0.5 * (1.0 + math.cos(math.pi * min(1.0, into_decay)))


class Trainer:
    """One run: network, running mean of its weights and the best of these so far, optimiser, data and history."""

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        self.config, self.out = config, out
        self.steps = config["training"]["steps"] if steps is None else steps
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = _device()
        torch.set_num_threads(config["threads"])
        torch.manual_seed(config["seed"])
        torch.use_deterministic_algorithms(True, warn_only=True)
        self.facts = read_facts(data)
        self.scale = Scale.of(self.facts)
        self.scale.bandwidth = self.scale.bandwidth.to(self.device)
        self.train, self.validation = open_set(data, config["data"])
        self.net = MashNet(Shape(**config["network"])).to(self.device)
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(self.net.parameters(), weight_decay=config["training"]["weight_decay"])
        self.step, self.history = 0, []
        self.best = {"score": -math.inf, "step": 0, "figures": {}, "weights": self.average.state_dict()}
        self.began_from = None
        self.stopping = False

    def begin_from(self, run: Path) -> None:
        """Begins with the best weights of another run."""
        state = checkpoint.load(run)
        self._refuse_another_network(state, run)
        for net in (self.net, self.average):
            net.load_state_dict(state["best"]["weights"])
        self.began_from = {"name": state["config"]["name"], "step": state["best"]["step"]}

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        state = checkpoint.load(self.out)
        self._refuse_another_network(state, self.out)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history, self.best = state["step"], state["history"], state["best"]
        self.began_from = state["began_from"]

    def _refuse_another_network(self, state: dict, run: Path) -> None:
        if state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{run}: the checkpoint is of another network; take its --config or another folder")

    def save(self) -> None:
        """Writes the checkpoint, the loss curves and `result.json` (first process only)."""
        if self.rank != 0:
            return
        state = {"net": self.net.state_dict(), "average": self.average.state_dict(), "step": self.step}
        state |= {"optimiser": self.optimiser.state_dict(), "history": self.history, "best": self.best}
        state |= {"config": self.config, "facts": self.facts, "steps": self.steps, "clips": self.train.clips}
        state |= {"songs": self.train.songs, "began_from": self.began_from}
        checkpoint.save(self.out, state)
        draw_curves(self.history, self.out / "curves.png")
        (self.out / "result.json").write_text(json.dumps(self.result(), indent=2) + "\n")

    def result(self) -> dict:
        """The run in figures: what the card's tables are made of."""
        return {
            "name": self.config["name"],
            "trunk": self.config["network"]["trunk"],
            "groups": sorted(self.config["data"]["weights"]),
            "parameters": parameters_of(self.net),
            "macs_per_hop": macs_per_hop(copy.deepcopy(self.average).cpu()),
            "clips": self.train.clips,
            "steps": self.step,
            "best_step": self.best["step"],
            "validation": self.best["figures"],
        }

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains up to the last step, or until validation gets no better, or until it is told to stop."""
        model = DistributedDataParallel(self.net) if self.world > 1 else self.net
        log, saved, began, first = self.config["log"], time.monotonic(), time.monotonic(), self.step
        bar = tqdm(total=self.steps, initial=self.step, unit="step", disable=self.rank != 0)
        while self.step < self.steps and not self.stopping and not self._out_of_patience():
            terms = self._step(model)
            self.step += 1
            bar.update()
            if self.step % LOG_EVERY == 0:
                self._record("train", terms)
                bar.set_postfix({name: f"{value:.3f}" for name, value in self.history[-1].items() if name in terms})
            if self.step % log["validate_every"] == 0 or self.step == self.steps:
                self._validate(bar)
            if time.monotonic() - saved > log["checkpoint_seconds"]:
                self.save()
                saved = time.monotonic()
        bar.close()
        self.save()
        if self.rank == 0 and self.step > first:
            print(f"{(self.step - first) / (time.monotonic() - began):.2f} steps/s, best at step {self.best['step']}")

    def _out_of_patience(self) -> bool:
        return self.step - self.best["step"] >= self.config["training"]["patience"] * self.config["log"]["validate_every"]

    def _step(self, model: torch.nn.Module) -> dict[str, torch.Tensor]:
        settings = self.config["training"]
        key = [self.config["seed"], self.rank, self.step]
        draw = np.random.default_rng(key)
        torch.manual_seed(int(draw.integers(2**31)))  # dropout
        batch = augment(self.train.pairs(draw, settings["pairs"], settings["frames"]), draw).to(self.device)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.steps, settings)
        loss, terms = losses(*model(batch.features), batch, self.scale, settings["settle"])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), settings["clip_gradient"])
        self.optimiser.step()
        self._update_average(settings["average"])
        return {"loss": loss.detach()} | {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def _update_average(self, decay: float) -> None:
        decay = min(decay, (self.step + 1) / (self.step + 10))
        for mean, current in zip(self.average.parameters(), self.net.parameters()):
            mean.lerp_(current, 1.0 - decay)

    def _validate(self, bar: tqdm) -> None:
        """Measures the running mean on every validation set and keeps it if it is the best so far."""
        found = {name: self._figures(clips) for name, clips in self.validation.items()}
        for name, values in found.items():
            self._record(name, values)
        score = float(np.mean([values[SCORE] for values in found.values()]))
        if score > self.best["score"]:
            self.best = {"score": score, "step": self.step, "figures": found}
            self.best["weights"] = copy.deepcopy(self.average.state_dict())
        if self.rank == 0:
            said = ", ".join(f"{name} {key} {value:.3f}" for name, x in found.items() for key, value in x.items())
            bar.write(f"step {self.step}: {said}")

    @torch.no_grad()
    def _figures(self, clips: Clips) -> dict[str, float]:
        """Losses and figures on the same pairs every time, without augmentation."""
        draw = np.random.default_rng([self.config["seed"], VALIDATION_KEY])
        settings, results = self.config["training"], []
        for _ in range(max(1, self.config["log"]["validation_pairs"] // settings["pairs"])):
            batch = clips.pairs(draw, settings["pairs"], settings["frames"]).to(self.device)
            logits, lead = self.average(batch.features)
            loss, terms = losses(logits, lead, batch, self.scale, settings["settle"])
            results.append({"loss": loss} | terms | figures(logits, batch, self.scale, settings["settle"]))
        return {name: float(torch.stack([result[name] for result in results]).mean()) for name in results[0]}

    def _record(self, split: str, values: dict) -> None:
        numbers = {name: float(value) for name, value in values.items()}
        self.history.append({"split": split, "step": self.step} | numbers)


def _device() -> torch.device:
    """The GPU of this process if there is one, else the CPU; joins the process group under torchrun."""
    gpu = torch.cuda.is_available()
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("nccl" if gpu else "gloo")
    if not gpu:
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    torch.cuda.set_device(device)
    return device


def describe(trainer: Trainer) -> str:
    """One line about a run."""
    validation = ", ".join(f"{clips.clips} {name}" for name, clips in trainer.validation.items()) or "none"
    return (
        f"{parameters_of(trainer.net):,} parameters on {trainer.device}, {trainer.train.clips} training clips, "
        f"validation clips: {validation}, {trainer.steps} steps"
    )
