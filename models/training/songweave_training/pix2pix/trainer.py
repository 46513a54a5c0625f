"""Training of the pix2pix baseline. Patches are drawn by (seed, step): a resumed run sees what an uninterrupted one would."""

import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from songweave_training.loop.trainer import Trainer, parameters_of
from songweave_training.pix2pix.data import Pix2pixSet
from songweave_training.pix2pix.net import Discriminator, Generator, begin

VALIDATION_KEY = 0x7A11


class Pix2pixTrainer(Trainer):
    """A run of the baseline: both networks and both optimisers. It may end by the clock."""

    kind = dataset = "pix2pix"
    told = Trainer.told + ("songs",)
    lasting = Trainer.lasting + ("seconds", "core_seconds")

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        super().__init__(config, data, out, steps)
        settings = config["training"]
        self.train, self.validation = Pix2pixSet(data, "train"), Pix2pixSet(data, "validation")
        self.songs, self.seconds, self.core_seconds = len(self.train.names), 0.0, 0.0
        self.generator = Generator(config["network"]["generator"], config["network"]["dropout"])
        self.discriminator = Discriminator(config["network"]["discriminator"])
        self.learned = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimisers = []
        for net in self.learned.values():
            begin(net)
            self.optimisers.append(torch.optim.Adam(net.parameters(), settings["learning_rate"], tuple(settings["betas"])))

    def describe(self) -> str:
        """The sizes of both networks and of the set."""
        sizes = ", ".join(f"{parameters_of(net):,} parameters of the {name}" for name, net in self.learned.items())
        return f"{sizes}; {self.songs} songs"

    def _state(self) -> dict:
        return super()._state() | {"optimisers": [optimiser.state_dict() for optimiser in self.optimisers]}

    def _restore(self, state: dict) -> None:
        super()._restore(state)
        for optimiser, kept in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(kept)

    def _is_over(self) -> bool:
        return self._progress() >= 1.0

    def _progress(self) -> float:
        """How much of the run is over, 0…1: of its steps or of its time."""
        return max(self.step / max(1, self.steps), self.seconds / (60.0 * self.config["training"]["minutes"]))

    def _step(self) -> dict[str, Tensor]:
        began, core_began = time.monotonic(), time.process_time()
        terms = self._learn()
        self.seconds += time.monotonic() - began
        self.core_seconds += time.process_time() - core_began
        return terms

    def _learn(self) -> dict[str, Tensor]:
        settings, draw = self.config["training"], self._draw()
        into_decay = max(0.0, self._progress() - 1.0 + settings["decay_part"]) / settings["decay_part"]
        for group in (group for optimiser in self.optimisers for group in optimiser.param_groups):
            group["lr"] = settings["learning_rate"] * (1.0 - into_decay)
        voice, band = self._batch(self.train, draw, settings["batch"])
        found = self.generator(voice)
        discriminator = self._learn_to_judge(voice, band, found.detach())
        judged = self.discriminator(voice, found)
        error = (found - band).abs().mean()
        deceived = _judgement(judged, True)
        self.optimisers[0].zero_grad(set_to_none=True)
        (deceived + settings["absolute_error"] * error).backward()
        self.optimisers[0].step()
        return {"absolute_error": error.detach(), "deceived": deceived.detach(), "discriminator": discriminator}

    def _learn_to_judge(self, voice: Tensor, band: Tensor, found: Tensor) -> Tensor:
        true, false = self.discriminator(voice, band), self.discriminator(voice, found)
        loss = 0.5 * (_judgement(true, True) + _judgement(false, False))
        self.optimisers[1].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[1].step()
        return loss.detach()

    def _batch(self, source: Pix2pixSet, draw: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
        patches = [source.patch(draw, self.config["training"]["frames"]) for _ in range(size)]
        voices, bands = zip(*patches)
        return torch.stack(voices), torch.stack(bands)

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Mean absolute error on songs that are not trained on."""
        draw = np.random.default_rng([self.config["seed"], VALIDATION_KEY])
        self.generator.eval()
        errors = []
        for _ in range(self.config["log"]["validation_patches"]):
            voice, band = self._batch(self.validation, draw, 1)
            errors.append(float((self.generator(voice) - band).abs().mean()))
        self.generator.train()
        found = {"absolute_error": float(np.mean(errors))}
        self._record("validation", found)
        return found


def _judgement(judged: Tensor, true: bool) -> Tensor:
    return nn.functional.binary_cross_entropy_with_logits(judged, torch.full_like(judged, float(true)))
