"""The loudness of every key as time goes by: what the true notes have above those of the trained networks."""

import math

import numpy as np
import torch
from torch import Tensor

from songweave_training.instruments.net import CEILING_DB, CHANNELS, NO_PARTIAL, PARTIALS, ProgramNet, decibels

ENVELOPE, ENVELOPE_SCALE = 64, 0.05
"""Ages of a table, evenly spaced on ln(1 + age / ENVELOPE_SCALE)."""
ENVELOPE_DB = -40.0, 12.0
"""What a table may add."""
VELOCITY = 124
"""The velocity that powers were measured at; it holds for the others."""
ROUNDS = 5
SILENCE = 1e-12
"""Power of the set's floor, which is silence."""
FINE = 4
"""Ages per age of the table at which the network is asked."""


def place(age: np.ndarray, seconds: float) -> np.ndarray:
    """Where ages lie among those of a table."""
    return np.log1p(np.minimum(age, seconds) / ENVELOPE_SCALE) / math.log1p(seconds / ENVELOPE_SCALE) * (ENVELOPE - 1)


def envelopes(net: ProgramNet, octaves: Tensor, power: Tensor, smoothing: Tensor) -> Tensor:
    """The table [key][age] in dB of a program, from the true notes' `power` [key][ms] in dB, which was read in Hann windows of
    `smoothing` [key] seconds."""
    ages = np.arange(power.shape[1]) / 1000.0
    where = place(ages, net.seconds)
    rows = [
        _row(10.0 ** (power[key].double().numpy() / 10.0), _own_power(net, key, octaves[key], where), where, seconds)
        for key, seconds in enumerate(smoothing.tolist())
    ]
    return torch.from_numpy(np.stack(rows)).float()


@torch.no_grad()
def _own_power(net: ProgramNet, key: int, octaves: Tensor, where: np.ndarray) -> np.ndarray:
    """Power [ms] of both channels of the network's note, before any table."""
    fine = np.linspace(0.0, 1.0, FINE * (ENVELOPE - 1) + 1)
    ages = ENVELOPE_SCALE * np.expm1(fine * math.log1p(net.seconds / ENVELOPE_SCALE))
    keys, velocities = torch.full((len(ages),), key), torch.full((len(ages),), float(VELOCITY))
    level = decibels(net(keys, velocities, torch.from_numpy(ages).float())).clamp(max=CEILING_DB)
    linear = 10.0 ** (level.double() / 10.0)
    partials, noise = linear[:, : CHANNELS * PARTIALS], linear[:, CHANNELS * PARTIALS :]
    exists = (octaves > NO_PARTIAL).repeat(CHANNELS)
    power = (0.5 * (partials * exists).sum(1) + noise.sum(1)).numpy()
    return np.exp(np.interp(where, fine * (ENVELOPE - 1), np.log(power)))


def _row(true: np.ndarray, own: np.ndarray, where: np.ndarray, smoothing: float) -> np.ndarray:
    """The table [age] of a key. Around every age both notes shall have the same energy, when both are read in the same windows:
    a fixed point, found as Richardson and Lucy unblur images (Lucy, Astronomical Journal 79, 1974)."""
    count = max(1, round(smoothing * 500.0)) * 2 + 1
    window = np.hanning(count + 2)[1:-1] / np.hanning(count + 2).sum()
    wanted, table = _around(np.maximum(true - SILENCE, 0.0), where) + SILENCE, np.zeros(ENVELOPE)
    for _ in range(ROUNDS):
        louder = 10.0 ** (np.interp(where, np.arange(ENVELOPE), table) / 10.0)
        have = _around(np.convolve(louder * own, window, "same"), where) + SILENCE
        table = np.clip(table + 10.0 * np.log10(wanted / have), *ENVELOPE_DB)
    return table


def _around(power: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Energy around each age of a table: what lies between two is shared by how near it is."""
    below = np.minimum(where.astype(int), ENVELOPE - 2)
    above = power * (where - below)
    return np.bincount(below, power - above, ENVELOPE) + np.bincount(below + 1, above, ENVELOPE)
