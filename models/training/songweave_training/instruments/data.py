"""Sets as `cargo xtask dataset instruments` writes them: frames of notes of each program."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songweave_training.instruments.net import CHANNELS, NO_PARTIAL, PARTIALS, PROGRAMS
from songweave_training.loop.sets import read_arrays

HELD_OUT = 5
"""Every so many pairs of key and velocity are validated with and never trained on."""
TABLES = ("octaves", "release", "fall", "level")
ENVELOPE = ("power", "smoothing")


class ProgramSet:
    """All frames of one program."""

    def __init__(self, data: Path, program: int):
        path = data / f"{program}.safetensors"
        arrays = read_arrays(path, "instruments")
        _, low, high = PROGRAMS[program]
        if len(arrays["release"]) != high - low + 1:
            raise SystemExit(f"{path}: it has other keys than {PROGRAMS[program][0]}; write the set again")
        if "power" not in arrays:
            raise SystemExit(f"{path}: it is of an older version, without `power`; run `cargo xtask dataset instruments` again")
        self.ages = torch.from_numpy(arrays["ages"])
        self.levels = torch.from_numpy(arrays["levels"].astype(np.float32))
        """[note][age][channel, partial; channel, band] in dB"""
        self.glide = torch.from_numpy(arrays["glide"].astype(np.float32))
        self.tables = {name: torch.from_numpy(arrays[name]) for name in TABLES}
        pairs = torch.from_numpy(arrays["notes"].astype(np.int64))
        self.envelope = {name: torch.from_numpy(arrays[name]) for name in ENVELOPE}
        """`power` [key][ms] in dB, read in windows of `smoothing` [key] seconds"""
        held = _held_out(pairs)
        self.train, self.validation = pairs[~held], pairs[held]
        """[pair][key, velocity, note]"""
        self.exists = self._existing()

    def _existing(self) -> Tensor:
        """[key][level]: 1 where there is a partial or noise at all."""
        partials = (self.tables["octaves"] > NO_PARTIAL).float()
        noise = torch.ones(len(partials), self.levels.shape[-1] - CHANNELS * PARTIALS)
        return torch.cat([partials.repeat(1, CHANNELS), noise], dim=1)

    def draw(self, generator: np.random.Generator, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Random frames of the training pairs, as [`rows`]."""
        pairs = self.train[torch.from_numpy(generator.integers(len(self.train), size=count))]
        return self.rows(pairs, torch.from_numpy(generator.integers(len(self.ages), size=count)))

    def rows(self, pairs: Tensor, age: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Key, velocity, age, levels and glide of frames."""
        key, velocity, note = pairs.unbind(1)
        return key, velocity.float(), self.ages[age], self.levels[note, age], self.glide[note, age]


def _held_out(pairs: Tensor) -> Tensor:
    """Every fifth pair, along diagonals of keys and velocities; but no key is left out altogether."""
    key, velocity, _ = pairs.unbind(1)
    known, order = torch.unique(velocity, return_inverse=True)
    of_key = torch.bincount(key, minlength=int(key.max()) + 1)[key]
    return ((key // 3 + order) % HELD_OUT == 0) & (of_key > 1) & (len(known) > 1)
