"""Training of Studio's network: from the original's weights to a window that ends soon after what is decided."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songweave_training.loop.trainer import AveragingTrainer, parameters_of
from songweave_training.studio.data import Clips
from songweave_training.studio.losses import bands, decibels, losses, share_of
from songweave_training.studio.net import StudioNet

STEPS_APART = 40
"""Frames between two windows of a clip that are validated."""


class StudioTrainer(AveragingTrainer):
    """One run on the clips of `mixtures`."""

    kind = "studio"
    dataset = "studio"
    told = AveragingTrainer.told + ("first", "trained_clips")

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        super().__init__(config, data, out, steps)
        settings = config["training"]
        self.judged = (settings["judged_from"], settings["judged_to"])
        self.clips, self.validation = Clips(data, "train"), Clips(data, "validation")
        net = StudioNet(data / "weights.safetensors")
        self.trained_clips = len(self.clips)
        self.first = {name: value.detach().clone() for name, value in net.named().items() if value.requires_grad}
        """The trained weights as they were."""
        self._begin(net)
        self.optimiser = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], weight_decay=0.0)
        self.learned["optimiser"] = self.optimiser
        self.weights = bands()

    def describe(self) -> str:
        """One line about the run."""
        trained = sum(weight.numel() for weight in self.net.parameters() if weight.requires_grad)
        return f"{trained:,} of {parameters_of(self.net):,} parameters, {len(self.clips)} clips, {self.steps} steps"

    def _step(self) -> dict[str, Tensor | float]:
        settings, draw = self.config["training"], self._draw()
        batch = self.clips.draw(draw, settings["clips"], settings["windows"], self.judged)
        logits = self.net.logits(batch.magnitudes, self.judged[0])
        loss, terms = losses(logits, batch, self.judged, self.weights, settings["teacher"])
        self._descend(loss, self._falling_rate())
        return {"loss": loss.detach()} | {name: term.detach() for name, term in terms.items()}

    def _validate(self) -> dict[str, float]:
        """Measures the running mean on the validation clips; keeps it if its vocals are the best so far."""
        found = self._figures(self.average)
        self._record("validation", found)
        if not self.best["figures"] or found["sdr"] > self.best["figures"]["sdr"]:
            self._keep_as_best(found)
        return found

    @torch.no_grad()
    def _figures(self, net: StudioNet) -> dict[str, float]:
        """Loss, and the vocals' distance from their error in dB, as the plugin decides the same windows."""
        apart, results = self.config["log"].get("validation_apart", STEPS_APART), []
        judged = (self.config["training"]["block"] + self.config["training"]["ahead"], self.config["training"]["ahead"])
        for clip in range(len(self.validation)):
            batch = self.validation.windows(clip, np.arange(judged[0], 512, apart), judged)
            logits = torch.cat([net.logits(some, judged[0]) for some in batch.magnitudes.split(8)])
            loss, _ = losses(logits, batch, judged, self.weights, 0.0)
            heard = batch.magnitudes[:, :, -judged[0] : -judged[1] or None]
            said = share_of(logits[:, :, : judged[0] - judged[1]])
            results.append((float(loss), decibels(heard, said, batch.known, self.weights)))
        loss, sdr = np.mean(results, axis=0)
        return {"loss": float(loss), "sdr": float(sdr)}
