"""Training of the mash network, on one processor or on several GPUs. Every draw is keyed by (seed, process, step)."""

import copy
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from songweave_training.loop.trainer import AveragingTrainer, parameters_of
from songweave_training.mash.augment import augment
from songweave_training.mash.data import Clips, check_facts, open_set
from songweave_training.mash.losses import Scale, figures, losses
from songweave_training.mash.net import MashNet, Shape, macs_per_hop

VALIDATION_KEY = 0x7A11
SCORE = "gain_db"
"""The figure of validation that decides which weights are the best and when to stop, mean over the validation sets."""


def learning_rate(step: int, steps: int, settings: dict) -> float:
    """Linear warm-up, constant, then a cosine down: `--steps` can be changed on resuming while the rate is constant."""
    warm = min(1.0, (step + 1) / settings["warm_up_steps"])
    decay = steps * settings["decay_part"]
    into_decay = max(0.0, (step - steps + decay) / max(1.0, decay))
    return settings["learning_rate"] * warm * 0.5 * (1.0 + math.cos(math.pi * min(1.0, into_decay)))


class MashTrainer(AveragingTrainer):
    """A run of the mash network. The first process does the writing and the talking."""

    kind = dataset = "mash"
    told = AveragingTrainer.told + ("steps", "clips", "songs")

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        super().__init__(config, data, out, steps)
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device, self.quiet = _device(), self.rank != 0
        torch.use_deterministic_algorithms(True, warn_only=True)
        check_facts(self.facts, data)
        self.scale = Scale.of(self.facts)
        self.scale.bandwidth = self.scale.bandwidth.to(self.device)
        self.train, self.validation = open_set(data, config["data"])
        self.clips, self.songs = self.train.clips, self.train.songs
        self._begin(MashNet(Shape(**config["network"])).to(self.device))
        self.model = self.net

    def describe(self) -> str:
        """Its size, where it is trained, and the size of the sets."""
        validation = ", ".join(f"{clips.clips} {name}" for name, clips in self.validation.items()) or "none"
        return (
            f"{parameters_of(self.net):,} parameters on {self.device}, {self.clips} training clips, "
            f"validation clips: {validation}, {self.steps} steps"
        )

    def save(self) -> None:
        """Writes the checkpoint, the loss curves and `result.json` (first process only)."""
        if self.rank == 0:
            super().save()
            (self.out / "result.json").write_text(json.dumps(self.result(), indent=2) + "\n")

    def result(self) -> dict:
        """The run in figures: what the card's tables are made of."""
        return {
            "name": self.config["name"],
            "trunk": self.config["network"]["trunk"],
            "groups": sorted(self.config["data"]["weights"]),
            "parameters": parameters_of(self.net),
            "macs_per_hop": macs_per_hop(copy.deepcopy(self.average).cpu()),
            "clips": self.clips,
            "steps": self.step,
            "best_step": self.best["step"],
            "validation": self.best["figures"],
        }

    def run(self) -> None:
        """Trains as every trainer does, with as many processes as there are."""
        began, first = time.monotonic(), self.step
        self.model = DistributedDataParallel(self.net) if self.world > 1 else self.net
        super().run()
        if self.rank == 0 and self.step > first:
            print(f"{(self.step - first) / (time.monotonic() - began):.2f} steps/s")

    def _step(self) -> dict[str, torch.Tensor]:
        settings, draw = self.config["training"], self._draw(self.rank)
        batch = augment(self.train.pairs(draw, settings["pairs"], settings["frames"]), draw).to(self.device)
        loss, terms = losses(*self.model(batch.features), batch, self.scale, settings["settle"])
        self._descend(loss, learning_rate(self.step, self.steps, settings))
        return {"loss": loss.detach()} | {name: term.detach() for name, term in terms.items()}

    def _validate(self) -> dict[str, float]:
        """Measures the running mean on every validation set and keeps it if it is the best so far."""
        found = {name: self._figures(clips) for name, clips in self.validation.items()}
        for name, values in found.items():
            self._record(name, values)
        if _score(found) > _score(self.best["figures"]):
            self._keep_as_best(found)
        return {f"{name} {key}": value for name, values in found.items() for key, value in values.items()}

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


def _score(figures: dict[str, dict[str, float]]) -> float:
    """What validation figures are worth."""
    return float(np.mean([values[SCORE] for values in figures.values()])) if figures else -math.inf


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
