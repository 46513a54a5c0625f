"""Training of the chord network. Every draw is keyed by (seed, epoch, step): a resumed run equals an uninterrupted one."""

import copy
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

import checkpoint
from chord_data import IGNORED, Batch, ChordSongs
from chord_net import CHORDS, QUALITIES, ChordNet, parameters_of
from curves import draw_curves

KIND = "chords"
LOG_EVERY = 20
"""Steps between two points of the training curve."""
WEIGHTS = {"chord": 1.0, "plan": 0.3, "bass": 0.3, "key": 0.2, "melody": 0.2}
THIRDS = torch.tensor([1, 2, 1, 2, 1, 0, 0, 2, 2, 1])
"""Of each quality: 1 major, 2 minor, 0 none."""


def losses(found: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its terms, in nats."""
    terms = {
        "chord": _entropy(found["chords"][:, :, 0], batch.chords[:, :, 0]),
        "plan": _entropy(found["chords"][:, :, 1:], batch.chords[:, :, 1:]),
        "bass": _entropy(found["bass"], batch.bass),
        "key": _entropy(found["keys"], batch.keys),
    }
    shares = torch.log_softmax(found["melody"], -1)
    terms["melody"] = -(batch.melody * shares).sum() / batch.melody.sum().clamp(min=1.0)
    return sum(WEIGHTS[name] * term for name, term in terms.items()), terms


def _entropy(logits: Tensor, target: Tensor) -> Tensor:
    known = (target != IGNORED).sum().clamp(min=1)
    return F.cross_entropy(logits.flatten(0, -2), target.flatten(), ignore_index=IGNORED, reduction="sum") / known


@torch.no_grad()
def agreement(logits: Tensor, target: Tensor) -> Tensor:
    """Share of the beats with a chord whose root and third are the likeliest ones."""
    chances = torch.softmax(logits, -1)[..., :CHORDS].unflatten(-1, (-1, QUALITIES))
    kinds = torch.stack([chances[..., THIRDS == third].sum(-1) for third in range(3)], -1).flatten(-2)
    wanted = target // QUALITIES * 3 + THIRDS[(target % QUALITIES).clamp(min=0)]
    known = (target >= 0) & (target < CHORDS)
    return ((kinds.argmax(-1) == wanted) & known).sum() / known.sum().clamp(min=1)


class ChordTrainer:
    """One run: network, running mean of its weights and the best of these so far, optimiser, data and history."""

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        self.config, self.out = config, out
        torch.set_num_threads(config["threads"])
        torch.manual_seed(config["seed"])
        self.facts = json.loads((data / "set.json").read_text())
        self.train = ChordSongs(sorted(data.glob("train-*.safetensors")))
        self.choose = ChordSongs(sorted(data.glob("choose-*.safetensors")))
        self.net = ChordNet(**config["network"])
        self.average = copy.deepcopy(self.net).eval()
        settings = config["training"]
        self.optimiser = torch.optim.AdamW(self.net.parameters(), weight_decay=settings["weight_decay"])
        self.steps = settings["steps"] if steps is None else steps
        self.step, self.history, self.stopping = 0, [], False
        self.began_from = None
        self.best = {"loss": math.inf, "step": 0, "figures": {}, "weights": self.average.state_dict()}

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        state = checkpoint.load(self.out)
        if state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{self.out}: the checkpoint is of another network; take its --config or another folder")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history, self.best = state["step"], state["history"], state["best"]
        self.began_from = state["began_from"]

    def begin_from(self, run: Path) -> None:
        """Begins with the best weights of another run."""
        state = checkpoint.load(run)
        for net in (self.net, self.average):
            net.load_state_dict(state["best"]["weights"])
        self.began_from = {"name": state["config"]["name"], "step": state["best"]["step"]}

    def save(self) -> None:
        """Writes the checkpoint and the curves."""
        state = {"kind": KIND, "net": self.net.state_dict(), "average": self.average.state_dict(), "step": self.step}
        state |= {"optimiser": self.optimiser.state_dict(), "history": self.history, "best": self.best}
        state |= {"config": self.config, "facts": self.facts, "songs": len(self.train.names)}
        state |= {"began_from": self.began_from}
        checkpoint.save(self.out, state)
        draw_curves(self.history, self.out / "curves.png")

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains up to the last step, or until the songs that are chosen by get no better, or until told to stop."""
        settings, log, saved = self.config["training"], self.config["log"], time.monotonic()
        said = f"{parameters_of(self.net):,} parameters, {len(self.train.songs)} heard songs, {len(self.choose.songs)} to choose by"
        print(said, flush=True)
        bar = tqdm(total=self.steps, initial=self.step, unit="step", mininterval=5)
        while self.step < self.steps and not self.stopping and not self._out_of_patience():
            terms = self._step(settings)
            self.step += 1
            bar.update()
            if self.step % LOG_EVERY == 0:
                self._record("train", terms)
            if self.step % log["validate_every"] == 0 or self.step == self.steps:
                self._validate(bar)
            if time.monotonic() - saved > log["checkpoint_seconds"]:
                self.save()
                saved = time.monotonic()
        bar.close()
        self.save()
        print(f"best at step {self.best['step']}: {self.best['figures']}")

    def _out_of_patience(self) -> bool:
        return self.step - self.best["step"] >= self.config["training"]["patience"] * self.config["log"]["validate_every"]

    def _step(self, settings: dict) -> dict[str, Tensor]:
        per_epoch = len(self.train.songs) // settings["songs"]
        epoch, within = divmod(self.step, per_epoch)
        places = self.train.epoch(np.random.default_rng([self.config["seed"], epoch]), settings["songs"], settings["beats"])
        torch.manual_seed(self.config["seed"] * 1_000_003 + self.step)  # dropout
        rate = min(1.0, (self.step + 1) / settings["warm_up_steps"]) * 0.5 * (1.0 + math.cos(math.pi * self.step / self.steps))
        for group in self.optimiser.param_groups:
            group["lr"] = settings["learning_rate"] * rate
        batch = self.train.batch(places[within], settings["beats"])
        loss, terms = losses(self.net(batch.features), batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), settings["clip_gradient"])
        self.optimiser.step()
        with torch.no_grad():
            decay = min(settings["average"], (self.step + 1) / (self.step + 10))
            for mean, current in zip(self.average.parameters(), self.net.parameters()):
                mean.lerp_(current, 1.0 - decay)
        return {"loss": loss.detach()} | {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def _validate(self, bar: tqdm) -> None:
        """Measures the running mean on whole songs and keeps it if it is the best so far."""
        results, beats = [], []
        for index, song in enumerate(self.choose.songs):
            batch = self.choose.batch([(index, 0)], song.beats)
            found = self.average(batch.features)
            loss, terms = losses(found, batch)
            agrees = agreement(found["chords"][:, :, 0], batch.chords[:, :, 0])
            results.append({"loss": loss, "agreement": agrees} | terms)
            beats.append(song.beats)
        figures = {name: float(np.average([float(each[name]) for each in results], weights=beats)) for name in results[0]}
        self._record("choose", figures)
        if figures["chord"] < self.best["loss"]:
            self.best = {"loss": figures["chord"], "step": self.step, "figures": figures}
            self.best["weights"] = copy.deepcopy(self.average.state_dict())
        bar.write(f"step {self.step}: " + ", ".join(f"{name} {value:.4f}" for name, value in figures.items()))

    def _record(self, split: str, values: dict) -> None:
        self.history.append({"split": split, "step": self.step} | {name: float(value) for name, value in values.items()})
