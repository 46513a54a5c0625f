"""The training loop. Every draw is keyed by (seed, process, step): a resumed run equals an uninterrupted one exactly."""

import copy
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
from augment import augment, power_of
from curves import draw_curves
from data import Batch, Split, read_facts
from losses import Scale, losses, mash_noise_db
from net import BANDS, MashNet, Shape, parameters_of

DECAY_PART = 0.4
"""Share of the steps, at the end, over which the learning rate falls to nothing."""
VALIDATION_KEY = 0x7A11
LOG_EVERY = 20
"""Steps between two points of the training curve."""


def learning_rate(step: int, steps: int, settings: dict) -> float:
    """Linear warm-up, constant, then a cosine down: `--steps` can be changed on resuming while the rate is constant."""
    warm = min(1.0, (step + 1) / settings["warm_up_steps"])
    into_decay = max(0.0, (step - steps * (1.0 - DECAY_PART)) / max(1.0, steps * DECAY_PART))
    return settings["learning_rate"] * warm * 0.5 * (1.0 + math.cos(math.pi * min(1.0, into_decay)))


class Trainer:
    """One run: network, running mean of its weights, optimiser, data and history."""

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
        self.train, self.validation = Split(data, "train"), Split(data, "validation")
        self.net = MashNet(Shape(**config["network"])).to(self.device)
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(self.net.parameters(), weight_decay=config["training"]["weight_decay"])
        self.step, self.history = 0, []
        self.stopping = False

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        state = checkpoint.load(self.out)
        if state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{self.out}: the checkpoint is of another network; take its --config or another --out")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history = state["step"], state["history"]

    def save(self) -> None:
        """Writes the checkpoint and the loss curves (first process only)."""
        if self.rank != 0:
            return
        state = {"net": self.net.state_dict(), "average": self.average.state_dict(), "step": self.step}
        state |= {"optimiser": self.optimiser.state_dict(), "history": self.history}
        state |= {"config": self.config, "facts": self.facts, "steps": self.steps, "clips": self.train.clips}
        checkpoint.save(self.out, state)
        draw_curves(self.history, self.out / "curves.png")

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains up to the last step, or until it is told to stop."""
        model = DistributedDataParallel(self.net) if self.world > 1 else self.net
        log, saved, began, first = self.config["log"], time.monotonic(), time.monotonic(), self.step
        bar = tqdm(total=self.steps, initial=self.step, unit="step", disable=self.rank != 0)
        while self.step < self.steps and not self.stopping:
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
            print(f"{(self.step - first) / (time.monotonic() - began):.2f} steps/s")

    def _step(self, model: torch.nn.Module) -> dict[str, torch.Tensor]:
        settings = self.config["training"]
        draw = np.random.default_rng([self.config["seed"], self.rank, self.step])
        batch = self._send(augment(self.train.pairs(draw, settings["pairs"], settings["frames"]), draw))
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.steps, settings)
        loss, terms = losses(*model(batch.features), batch, self.scale)
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

    @torch.no_grad()
    def _validate(self, bar: tqdm) -> None:
        """Measures the running mean on the same validation pairs every time, without augmentation."""
        draw = np.random.default_rng([self.config["seed"], VALIDATION_KEY])
        settings, results = self.config["training"], []
        for _ in range(max(1, self.config["log"]["validation_pairs"] // settings["pairs"])):
            batch = self._send(self.validation.pairs(draw, settings["pairs"], settings["frames"]))
            logits, lead = self.average(batch.features)
            loss, terms = losses(logits, lead, batch, self.scale)
            results.append({"loss": loss} | terms | {"gain_db": self._gain_db(logits, batch)})
        means = {name: torch.stack([result[name] for result in results]).mean() for name in results[0]}
        self._record("validation", means)
        if self.rank == 0:
            values = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
            bar.write(f"step {self.step}: validation {values}")

    def _gain_db(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """How far the vocals of one song over the rest of the other are above the plain sum of both, in dB."""
        energy = power_of(batch.features[..., :BANDS]) * self.scale.bandwidth
        noise = mash_noise_db(torch.softmax(logits, dim=3), batch.shares, energy, 0.0)
        wanted = batch.shares[:, :, :, 0]
        voice = (energy * wanted.square()).sum(dim=(2, 3))
        rest = (energy * (1.0 - wanted).square()).sum(dim=(2, 3))
        plain = 10.0 * torch.log10((rest + voice.flip(1) + 1e-12) / (voice + rest.flip(1) + 1e-12))
        return (plain - noise).mean()

    def _send(self, batch: Batch) -> Batch:
        return Batch(*(tensor.to(self.device) for tensor in (batch.features, batch.shares, batch.part_level)))

    def _record(self, split: str, values: dict[str, torch.Tensor]) -> None:
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
    return (
        f"{parameters_of(trainer.net):,} parameters on {trainer.device}, {trainer.train.clips} training clips, "
        f"{trainer.validation.clips} validation clips, {trainer.steps} steps"
    )
