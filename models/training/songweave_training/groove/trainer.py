"""Training of the groove network. Every draw is keyed by (seed, step): a resumed run equals an uninterrupted one."""

import math
from pathlib import Path

import numpy as np
import torch

from songweave_training.groove.data import DRUM_LEVELS, HAND_LEVELS, STYLES, TEMPI, GrooveSet, Stretch
from songweave_training.groove.net import GrooveNet, Marginals, loss_of
from songweave_training.loop.trainer import AveragingTrainer, parameters_of

VALIDATION_KEY, BASELINE_KEY = 0x7A11, 0xBA5E
BASELINE_BATCHES = 60


class GrooveTrainer(AveragingTrainer):
    """A run of the groove network, whose two lines share nothing: each keeps its own best weights."""

    kind = dataset = "groove"
    told = AveragingTrainer.told + ("tables", "baseline")
    lasting = AveragingTrainer.lasting + ("best_weights",)

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        super().__init__(config, data, out, steps)
        self.train, self.validation = GrooveSet(data / "train.safetensors"), GrooveSet(data / "validation.safetensors")
        self.tables = {name: torch.from_numpy(table) for name, table in self.train.tables().items()}
        self._begin(GrooveNet(**config["network"]))
        self.best_weights = self.best["weights"]
        self.best = {line: {"loss": math.inf, "step": 0} for line in ("drums", "hands")}
        self.baseline = self._baseline()

    def describe(self) -> str:
        """Its size and what it has to be better than."""
        return f"{parameters_of(self.net):,} parameters; marginals, validation: {self.baseline}"

    def _best_step(self) -> int:
        return max(best["step"] for best in self.best.values())

    def _step(self) -> dict[str, torch.Tensor]:
        drums, hands = self._stretches(self.train, self._draw())
        terms = self._losses(self.net, drums, hands, self.config["training"]["dropout"])
        self._descend(terms["drums"] + terms["hands"], self._falling_rate())
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
    def _validate(self) -> dict[str, float]:
        """Measures the running mean; each line keeps its own best weights."""
        results = [self._losses(self.average, *stretches) for stretches in self._validation()]
        found = {name: float(np.mean([result[name] for result in results])) for name in results[0]}
        self._record("validation", found)
        for line, loss in found.items():
            if loss < self.best[line]["loss"]:
                self.best[line] = {"loss": loss, "step": self.step}
                better = {name: x.clone() for name, x in self.average.state_dict().items() if name.startswith(line)}
                self.best_weights |= better
        return found

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
