"""Training of the melody network. Every draw is keyed by (seed, step): a resumed run equals an uninterrupted one."""

import math
from pathlib import Path

import torch

from songweave_training.loop.trainer import AveragingTrainer, parameters_of
from songweave_training.melody.data import MelodySet
from songweave_training.melody.net import MelodyNet, losses_of

SONGS_AT_ONCE = 32


class MelodyTrainer(AveragingTrainer):
    """A run of the melody network."""

    kind = dataset = "melody"
    validate_every = "choose_every"

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        super().__init__(config, data, out, steps)
        self.train, self.choose = MelodySet(data / "train.safetensors"), MelodySet(data / "choose.safetensors")
        self._begin(MelodyNet(**config["network"]))

    def describe(self) -> str:
        """Its size and what it has to be better than."""
        baselines = ", ".join(f"{one['order']}-gram {one['nats_per_note']:.3f}" for one in self.facts["baselines"])
        return f"{parameters_of(self.net):,} parameters; nats per note on the songs to choose by: {baselines}"

    def _step(self) -> dict[str, torch.Tensor]:
        settings = self.config["training"]
        heard = self.train.stretches(self._draw(), settings["stretches"], settings["events"], settings["hidden"])
        terms = losses_of(self.net(heard, settings["dropout"]), heard)
        self._descend(terms["note"], self._falling_rate())
        return {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
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
        if found["note"] < self.best["figures"].get("note", math.inf):
            self._keep_as_best(found)
        return found
