"""Training of the pix2pix baseline. Patches are drawn by (seed, step): a resumed run sees what an uninterrupted one would."""

import signal
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

import checkpoint
from curves import draw_curves
from pix2pix_data import Pix2pixSet
from pix2pix_net import Discriminator, Generator, begin, parameters

KIND = "pix2pix"
LOG_EVERY = 20
VALIDATION_KEY = 0x7A11


class Pix2pixTrainer:
    """One run: both networks, both optimisers, data and history."""

    def __init__(self, config: dict, data: Path, out: Path, steps: int | None):
        self.config, self.out = config, out
        settings = config["training"]
        self.steps = settings["steps"] if steps is None else steps
        torch.set_num_threads(config["threads"])
        torch.manual_seed(config["seed"])
        self.train, self.validation = Pix2pixSet(data, "train"), Pix2pixSet(data, "validation")
        self.generator = Generator(config["network"]["generator"], config["network"]["dropout"])
        self.discriminator = Discriminator(config["network"]["discriminator"])
        self.optimisers = []
        for net in (self.generator, self.discriminator):
            begin(net)
            self.optimisers.append(torch.optim.Adam(net.parameters(), settings["learning_rate"], tuple(settings["betas"])))
        self.step, self.seconds, self.core_seconds, self.history, self.resumed = 0, 0.0, 0.0, [], []
        self.stopping = False

    def resume(self) -> None:
        """Goes on from the checkpoint in the output directory."""
        state = checkpoint.load(self.out)
        if state.get("kind") != KIND or state["config"]["network"] != self.config["network"]:
            raise SystemExit(f"{self.out}: the checkpoint is of another network; take its --config or another folder")
        for net, name in ((self.generator, "generator"), (self.discriminator, "discriminator")):
            net.load_state_dict(state[name])
        for optimiser, kept in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(kept)
        self.step, self.seconds, self.core_seconds = state["step"], state["seconds"], state["core_seconds"]
        self.history = state["history"]
        self.resumed = state["resumed"] + [{"at_step": self.step, "planned_steps": self.steps}]

    def save(self) -> None:
        """Writes the checkpoint and the curves."""
        state = {"kind": KIND, "config": self.config, "facts": self.train.facts, "songs": len(self.train.names)}
        state |= {"generator": self.generator.state_dict(), "discriminator": self.discriminator.state_dict()}
        state |= {"optimisers": [optimiser.state_dict() for optimiser in self.optimisers], "history": self.history}
        state |= {"step": self.step, "seconds": self.seconds, "core_seconds": self.core_seconds, "resumed": self.resumed}
        checkpoint.save(self.out, state)
        draw_curves(self.history, self.out / "curves.png")

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and `kill` end the run after the present step, with a checkpoint."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def run(self) -> None:
        """Trains up to the last step, until time is over, or until it is told to stop."""
        print(f"{parameters(self.generator):,} parameters of the generator, {parameters(self.discriminator):,} of the "
              f"discriminator; {len(self.train.names)} songs")
        bar, log, saved = tqdm(total=self.steps, initial=self.step, unit="step"), self.config["log"], time.monotonic()
        while self._progress() < 1.0 and not self.stopping:
            began, core_began = time.monotonic(), time.process_time()
            terms = self._step()
            self.step += 1
            self.seconds += time.monotonic() - began
            self.core_seconds += time.process_time() - core_began
            bar.update()
            if self.step % LOG_EVERY == 0:
                self._record("train", terms)
            if self.step % log["validate_every"] == 0 or self._progress() >= 1.0:
                found = self._validate()
                self._record("validation", found)
                bar.write(f"step {self.step}: {found}")
            if time.monotonic() - saved > log["checkpoint_seconds"]:
                self.save()
                saved = time.monotonic()
        bar.close()
        self.save()

    def _progress(self) -> float:
        """How much of the run is over, 0…1: of its steps or of its time."""
        return max(self.step / max(1, self.steps), self.seconds / (60.0 * self.config["training"]["minutes"]))

    def _step(self) -> dict[str, Tensor]:
        settings = self.config["training"]
        draw = np.random.default_rng([self.config["seed"], self.step])
        torch.manual_seed(int(draw.integers(2**31)))  # dropout
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
        return {"absolute_error": float(np.mean(errors))}

    def _record(self, split: str, values: dict) -> None:
        self.history.append({"split": split, "step": self.step} | {name: float(value) for name, value in values.items()})


def _judgement(judged: Tensor, true: bool) -> Tensor:
    return nn.functional.binary_cross_entropy_with_logits(judged, torch.full_like(judged, float(true)))
