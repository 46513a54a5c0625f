"""Training of the instrument networks. Every draw is keyed by (seed, step): a resumed run equals an uninterrupted one."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songweave_training.instruments.data import ProgramSet
from songweave_training.instruments.net import PROGRAMS, STEP_DB, STEP_GLIDE, ZERO_DB, InstrumentNet, decibels
from songweave_training.loop.trainer import AveragingTrainer

AUDIBLE_DB, LEAST_WEIGHT = 80.0, 0.1
"""A level this far below the loudest of its frame hardly counts."""
SILENT_DB = -115.0
LEAST_RATE = 1e-3
"""Of the learning rate, at the end."""


class InstrumentTrainer(AveragingTrainer):
    """A run over all programs, whose networks share nothing."""

    kind = dataset = "instruments"
    log_every = 50
    told = AveragingTrainer.told + ("tables", "envelopes", "baseline")

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None, programs: list[int] | None = None):
        super().__init__(config, data, out, steps)
        programs = list(range(len(PROGRAMS))) if programs is None else programs
        self.sets = {program: ProgramSet(data, program) for program in programs}
        self.tables = {f"{program}.{name}": table for program, one in self.sets.items() for name, table in one.tables.items()}
        self.envelopes = {f"{program}.{name}": facts for program, one in self.sets.items() for name, facts in one.envelope.items()}
        net = InstrumentNet(**config["network"])
        self._begin_at_mean(net)
        self._begin(net)
        # What ships is the running mean at the end of the run.
        self.learned["best_weights"] = self.learned.pop("average")
        self.best = {}
        self.baseline = {PROGRAMS[program][0]: self._nearest(one) for program, one in self.sets.items()}

    def _begin_at_mean(self, net: InstrumentNet) -> None:
        """The heads begin with the mean levels of their programs."""
        with torch.no_grad():
            for program, one in self.sets.items():
                net[program].head.bias[:-1] = (one.levels.mean((0, 1)) - ZERO_DB) / STEP_DB
                net[program].head.bias[-1] = one.glide.mean() / STEP_GLIDE

    def describe(self) -> str:
        """What it has to be better than."""
        return f"nearest trained note, dB: {json.dumps(self.baseline)}"

    def _step(self) -> dict[str, float]:
        settings, draw = self.config["training"], np.random.default_rng([self.config["seed"], self.step])
        losses = [self._loss(program, one.draw(draw, settings["rows"])) for program, one in self.sets.items()]
        self._descend(sum(losses), max(self._falling_rate(), LEAST_RATE * settings["learning_rate"]))
        return {"loss": sum(float(loss.detach()) for loss in losses) / len(losses)}

    def _loss(self, program: int, rows: tuple[Tensor, ...], net: InstrumentNet | None = None) -> Tensor:
        """Mean difference in dB, weighted by how audible a level is; glides count as 12 dB an octave."""
        key, velocity, age, levels, glide = rows
        answers = (self.net if net is None else net)[program](key, velocity, age)
        weight = audibility(levels) * self.sets[program].exists[key]
        difference = (decibels(answers).clamp(min=SILENT_DB) - levels.clamp(min=SILENT_DB)).abs()
        bend = (answers[:, -1] * STEP_GLIDE - glide).abs().mean()
        return (difference * weight).sum() / weight.sum() + bend

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Mean weighted difference in dB on unseen pairs of key and velocity, or on all of a program without such."""
        found = {}
        for program, one in self.sets.items():
            pairs = one.validation if len(one.validation) else one.train
            found[PROGRAMS[program][0]] = float(self._loss(program, self._all(one, pairs), self.average))
        self.best = {"step": self.step, "decibels": found}
        self._record("validation", {"loss": np.mean(list(found.values()))})
        return found

    @staticmethod
    def _all(one: ProgramSet, pairs: Tensor) -> tuple[Tensor, ...]:
        count = len(one.ages)
        return one.rows(pairs.repeat_interleave(count, 0), torch.arange(count).repeat(len(pairs)))

    def _nearest(self, one: ProgramSet) -> float | None:
        """The baseline: frames of the trained pair that is nearest in key, then in velocity."""
        if not len(one.validation):
            return None
        distance = (one.validation[:, None, :2] - one.train[None, :, :2]).abs().float() @ torch.tensor([100.0, 1.0])
        near = one.train[distance.argmin(1)]
        rows, others = self._all(one, one.validation), self._all(one, near)
        weight = audibility(rows[3]) * one.exists[rows[0]]
        difference = (others[3].clamp(min=SILENT_DB) - rows[3].clamp(min=SILENT_DB)).abs()
        return float((difference * weight).sum() / weight.sum())


def audibility(levels: Tensor) -> Tensor:
    """[frame][level]: 1 for the loudest of a frame, falling to little below; faint frames count less."""
    loudest = levels.max(1, keepdim=True).values
    within = (1.0 - (loudest - levels) / AUDIBLE_DB).clamp(0.0, 1.0)
    faint = ((loudest - SILENT_DB) / AUDIBLE_DB).clamp(0.1, 1.0)
    return within * faint + LEAST_WEIGHT
