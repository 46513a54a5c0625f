"""The instrument networks: one for each program of the sound font. models/src/networks/instruments runs the same."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

PARTIALS, NOISE_BANDS, CHANNELS = 64, 24, 2
OUTPUTS = CHANNELS * (PARTIALS + NOISE_BANDS) + 1
STEP_DB, ZERO_DB, STEP_GLIDE = 20.0, -40.0, 12.0
"""An answer of 1 is STEP_DB above ZERO_DB; the last one is a glide in steps of so many semitones."""
FLOOR_DB, CEILING_DB = -120.0, 12.0
AGE_SCALE = 0.003
DRUM_REFERENCE, NO_PARTIAL = 1000.0, -16.0
DRUM_KITS = 3
PROGRAMS = [
    ("Standard kit", 35, 81),
    ("Brush kit", 35, 81),
    ("TR-808", 35, 81),
    ("Finger bass", 24, 72),
    ("Synth bass", 24, 72),
    ("Upright bass", 24, 72),
    ("Piano", 28, 100),
    ("Electric piano", 28, 100),
    ("Nylon guitar", 28, 100),
    ("Clean guitar", 28, 100),
    ("Organ", 28, 100),
    ("Strings", 36, 96),
    ("Warm pad", 36, 96),
]
"""Name, lowest and highest key; models/src/networks/instruments/program.rs has the same. The first DRUM_KITS are drums."""

FUNDAMENTAL = {"Organ": 0.25}
"""Frequency of the first partial as a share of the key's, where it is not 1."""


def seconds_of(program: int) -> float:
    """How much of a note is learned."""
    return 3.0 if program < DRUM_KITS else 8.0


def noise_edges() -> np.ndarray:
    """Edges of the noise bands in Hz: even steps of the ERB rate (Glasberg and Moore 1990) up to 20 kHz."""
    top = 21.4 * math.log10(1.0 + 0.00437 * 20_000.0)
    return (10.0 ** (np.linspace(0.0, top, NOISE_BANDS + 1) / 21.4) - 1.0) / 0.00437


class ProgramNet(nn.Module):
    """A key's learned numbers, where the velocity is between some, and the age on a logarithmic axis, through two layers."""

    def __init__(self, program: int, embedding: int, hidden: int, ages: int, velocities: list[float]):
        super().__init__()
        _, low, high = PROGRAMS[program]
        self.seconds, self.ages = seconds_of(program), ages
        self.register_buffer("velocities", torch.tensor(velocities), persistent=False)
        self.embedding = nn.Parameter(torch.randn(high - low + 1, embedding) * 0.3)
        self.first = nn.Linear(embedding + len(velocities) + ages, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, OUTPUTS)

    def forward(self, key: Tensor, velocity: Tensor, age: Tensor) -> Tensor:
        """Answers [note][OUTPUTS] for keys counted from the lowest, velocities 0…127 and ages in seconds."""
        place = torch.log1p(age.clamp(0.0, self.seconds) / AGE_SCALE) / math.log1p(self.seconds / AGE_SCALE)
        ages = _hats(place * (self.ages - 1), self.ages)
        velocities = _hats(self._velocity_place(velocity), len(self.velocities))
        heard = torch.cat([self.embedding[key], velocities, ages], dim=1)
        return self.head(functional.silu(self.second(functional.silu(self.first(heard)))))

    def _velocity_place(self, velocity: Tensor) -> Tensor:
        known = self.velocities
        upper = torch.searchsorted(known, velocity.contiguous()).clamp(1, len(known) - 1)
        part = (velocity - known[upper - 1]) / (known[upper] - known[upper - 1])
        return upper - 1 + part.clamp(0.0, 1.0)


class InstrumentNet(nn.ModuleList):
    """The networks of all programs, in the order of PROGRAMS."""

    def __init__(self, embedding: int, hidden: int, ages: int, velocities: list[float]):
        sizes = (embedding, hidden, ages, [float(velocity) for velocity in velocities])
        super().__init__(ProgramNet(program, *sizes) for program in range(len(PROGRAMS)))


def decibels(answers: Tensor) -> Tensor:
    """Levels [note][channel, partial; channel, band] of answers."""
    return answers[:, :-1] * STEP_DB + ZERO_DB


def _hats(place: Tensor, count: int) -> Tensor:
    """[note][count]: 1 at the place, falling to 0 at its neighbours."""
    return (1.0 - (place[:, None] - torch.arange(count, dtype=place.dtype)).abs()).clamp(min=0.0)
