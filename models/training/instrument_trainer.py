"""Training of the instrument networks. Every draw is keyed by (seed, step): a resumed run equals an uninterrupted one."""

import copy
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

import checkpoint
from curves import draw_curves
from instrument_data import ProgramSet, read_facts
from instrument_net import PROGRAMS, STEP_DB, STEP_GLIDE, ZERO_DB, InstrumentNet, decibels

KIND = "instruments"
LOG_EVERY = 50
AUDIBLE_DB, LEAST_WEIGHT = 80.0, 0.1
"""A level this far below the loudest of its frame hardly counts."""
SILENT_DB = -115.0


class InstrumentTrainer:
    """One run over all programs: networks, running mean of their weights, optimiser, data and history."""

    kind = dataset = KIND

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None, programs: list[int] | None = None):
        self.config, self.out = config, out
        self.steps = config["training"]["steps"] if steps is None else steps
        torch.set_num_threads(config["threads"])
        torch.manual_seed(config["seed"])
        self.facts = read_facts(data)
        self.programs = list(range(len(PROGRAMS))) if programs is None else programs
        self.sets = {program: ProgramSet(data, program) for program in self.programs}
        self.net = InstrumentNet(**config["network"])
        self._begin_at_mean()
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.Adam(self.net.parameters())
        self.step, self.history, self.best = 0, [], {}
        self.resumed, self.stopping = [], False
        self.baseline = {PROGRAMS[program][0]: self._nearest(one) for program, one in self.sets.items()}

    def _begin_at_mean(self) -> None:
        """The heads begin with the mean levels of their programs."""
        with torch.no_grad():
            for program, one in self.sets.items():
                self.net[program].head.bias[:-1] = (one.levels.mean((0, 1)) - ZERO_DB) / STEP_DB
                self.net[program].head.bias[-1] = one.glide.mean() / STEP_GLIDE

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        state = checkpoint.load(self.out)
        if state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{self.out}: the checkpoint is of another network; take its --config or another folder")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["best_weights"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history, self.best = state["step"], state["history"], state["best"]
        self.resumed = state["resumed"] + [{"at_step": self.step, "planned_steps": self.steps}]

    def save(self) -> None:
        """Writes the checkpoint and the curves. What ships is the running mean at the end of the run."""
        tables = {f"{program}.{name}": table for program, one in self.sets.items() for name, table in one.tables.items()}
        envelopes = {f"{program}.{name}": facts for program, one in self.sets.items() for name, facts in one.envelope.items()}
        state = {"kind": KIND, "net": self.net.state_dict(), "best_weights": self.average.state_dict(), "tables": tables, "envelopes": envelopes}
        state |= {"optimiser": self.optimiser.state_dict(), "history": self.history, "best": self.best, "step": self.step}
        state |= {"config": self.config, "facts": self.facts, "baseline": self.baseline, "resumed": self.resumed}
        checkpoint.save(self.out, state)
        draw_curves(self.history, self.out / "curves.png")

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains up to the last step, or until it is told to stop."""
        log, saved, settings = self.config["log"], time.monotonic(), self.config["training"]
        bar = tqdm(total=self.steps, initial=self.step, unit="step")
        print(f"nearest trained note, dB: {json.dumps(self.baseline)}")
        while self.step < self.steps and not self.stopping:
            loss = self._step(settings)
            self.step += 1
            bar.update()
            if self.step % LOG_EVERY == 0:
                self.history.append({"split": "train", "step": self.step, "loss": loss})
            if self.step % log["validate_every"] == 0 or self.step == self.steps:
                self._validate(bar)
            if time.monotonic() - saved > log["checkpoint_seconds"]:
                self.save()
                saved = time.monotonic()
        bar.close()
        self.save()

    def _step(self, settings: dict) -> float:
        """One step of every program; they share nothing, so their losses add up."""
        draw, total = np.random.default_rng([self.config["seed"], self.step]), 0.0
        into_decay = (self.step - self.steps * (1.0 - settings["decay_part"])) / max(1.0, self.steps * settings["decay_part"])
        rate = min(1.0, (self.step + 1) / settings["warm_up_steps"]) * math.cos(math.pi / 2 * max(0.0, into_decay)) ** 2
        for group in self.optimiser.param_groups:
            group["lr"] = settings["learning_rate"] * max(rate, 1e-3)
        self.optimiser.zero_grad(set_to_none=True)
        for program, one in self.sets.items():
            loss = self._loss(program, one.draw(draw, settings["rows"]))
            loss.backward()
            total += float(loss.detach())
        self.optimiser.step()
        decay = min(settings["average"], (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1.0 - decay)
        return total / len(self.sets)

    def _loss(self, program: int, rows: tuple[Tensor, ...], net: InstrumentNet | None = None) -> Tensor:
        """Mean difference in dB, weighted by how audible a level is; glides count as 12 dB an octave."""
        key, velocity, age, levels, glide = rows
        answers = (self.net if net is None else net)[program](key, velocity, age)
        weight = audibility(levels) * self.sets[program].exists[key]
        difference = (decibels(answers).clamp(min=SILENT_DB) - levels.clamp(min=SILENT_DB)).abs()
        bend = (answers[:, -1] * STEP_GLIDE - glide).abs().mean()
        return (difference * weight).sum() / weight.sum() + bend

    @torch.no_grad()
    def _validate(self, bar: tqdm) -> None:
        """Mean weighted difference in dB on unseen pairs of key and velocity, or on all of a program without such."""
        found = {}
        for program, one in self.sets.items():
            pairs = one.validation if len(one.validation) else one.train
            found[PROGRAMS[program][0]] = float(self._loss(program, self._all(one, pairs), self.average))
        self.best = {"step": self.step, "decibels": found}
        self.history.append({"split": "validation", "step": self.step, "loss": float(np.mean(list(found.values())))})
        bar.write(f"step {self.step}: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))

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
