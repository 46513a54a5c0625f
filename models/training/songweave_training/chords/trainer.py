"""Training of the chord network. Every draw is keyed by (seed, epoch, step): a resumed run equals an uninterrupted one."""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from songweave_training.chords.data import IGNORED, Batch, ChordSongs
from songweave_training.chords.net import CHORDS, FEATURES, QUALITIES, ChordNet
from songweave_training.loop.trainer import AveragingTrainer, parameters_of

WEIGHTS = {"chord": 1.0, "plan": 0.3, "bass": 0.3, "key": 0.2, "melody": 0.2}
THIRDS = torch.tensor([1, 2, 1, 2, 1, 0, 0, 2, 2, 1])
"""Of each quality: 1 major, 2 minor, 0 none."""


def losses(found: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its terms, in nats."""
    terms = {
        "chord": entropy(found["chords"][:, :, 0], batch.chords[:, :, 0]),
        "plan": entropy(found["chords"][:, :, 1:], batch.chords[:, :, 1:]),
        "bass": entropy(found["bass"], batch.bass),
        "key": entropy(found["keys"], batch.keys),
    }
    shares = torch.log_softmax(found["melody"], -1)
    terms["melody"] = -(batch.melody * shares).sum() / batch.melody.sum().clamp(min=1.0)
    return sum(WEIGHTS[name] * term for name, term in terms.items()), terms


def entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Mean over the targets that are known, in nats."""
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


class ChordTrainer(AveragingTrainer):
    """A run of the chord network."""

    kind, dataset = "chords", "band"
    told = AveragingTrainer.told + ("songs",)
    features = FEATURES
    """Numbers that the network hears at a beat."""

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        super().__init__(config, data, out, steps)
        self.train = ChordSongs(sorted(data.glob("train-*.safetensors")), self.features)
        self.choose = ChordSongs(sorted(data.glob("choose-*.safetensors")), self.features)
        self.songs = len(self.train.names)
        self._begin(self._network())

    def _network(self) -> torch.nn.Module:
        return ChordNet(**self.config["network"])

    def _losses(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return losses(self.net(batch.features), batch)

    def _judged(self, batch: Batch) -> dict[str, Tensor]:
        """What the running mean is worth on a song."""
        found = self.average(batch.features)
        loss, terms = losses(found, batch)
        return {"loss": loss, "agreement": agreement(found["chords"][:, :, 0], batch.chords[:, :, 0])} | terms

    def describe(self) -> str:
        """Its size and that of the set."""
        heard, choose = len(self.train.songs), len(self.choose.songs)
        return f"{parameters_of(self.net):,} parameters, {heard} heard songs, {choose} to choose by"

    def _step(self) -> dict[str, Tensor]:
        settings = self.config["training"]
        epoch, within = divmod(self.step, len(self.train.songs) // settings["songs"])
        places = self.train.epoch(np.random.default_rng([self.config["seed"], epoch]), settings["songs"], settings["beats"])
        torch.manual_seed(self.config["seed"] * 1_000_003 + self.step)  # dropout
        rate = min(1.0, (self.step + 1) / settings["warm_up_steps"]) * 0.5 * (1.0 + math.cos(math.pi * self.step / self.steps))
        batch = self.train.batch(places[within], settings["beats"])
        loss, terms = self._losses(batch)
        self._descend(loss, settings["learning_rate"] * rate)
        return {"loss": loss.detach()} | {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Measures the running mean on whole songs and keeps it if it is the best so far."""
        results, beats = [], []
        for index, song in enumerate(self.choose.songs):
            batch = self.choose.batch([(index, 0)], song.beats)
            results.append(self._judged(batch))
            beats.append(song.beats)
        figures = {name: float(np.average([float(each[name]) for each in results], weights=beats)) for name in results[0]}
        self._record("choose", figures)
        if figures["chord"] < self.best["figures"].get("chord", math.inf):
            self._keep_as_best(figures)
        return figures
