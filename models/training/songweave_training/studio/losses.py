"""What the network's answer is worth: in each bin, and in the bands that the plugin pools them to."""

import numpy as np
import torch
from torch import Tensor

from songweave_training.studio.data import Batch
from songweave_training.studio.net import BINS

BANDS = 96
BIN_HZ = 44100 / 4096
LOWEST_HZ, HIGHEST_HZ = 20.0, 20000.0
FLOOR = 1e-3


def bands() -> Tensor:
    """How much each bin counts in each band, `[bin][band]`, as in the plugin; bands that end above 11 kHz hear nothing."""
    lowest, highest = (_erb_rate(hz) for hz in (LOWEST_HZ, HIGHEST_HZ))
    spacing = (highest - lowest) / (BANDS - 1)
    hz = np.arange(BINS) * BIN_HZ
    places = np.clip((_erb_rate(np.maximum(hz, LOWEST_HZ)) - lowest) / spacing, 0.0, BANDS - 1.0)
    weights = np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(BANDS)))
    centres = (10.0 ** ((lowest + np.arange(BANDS) * spacing) / 21.4) - 1.0) / 0.00437
    sums = weights.sum(0)
    for band in np.flatnonzero((sums <= 0.5) & (centres < hz[-2])):
        first = int(centres[band] / BIN_HZ)
        weights[:, band] = 0.0
        weights[first, band], weights[first + 1, band] = 1.0 - centres[band] / BIN_HZ + first, centres[band] / BIN_HZ - first
    weights[:, centres >= hz[-1]] = 0.0
    return torch.from_numpy(weights / np.maximum(weights.sum(0), 1e-9)).float()


def _erb_rate(hz):
    return 21.4 * np.log10(1.0 + 0.00437 * hz)


def share_of(logits: Tensor) -> Tensor:
    """The vocals' share of a bin's power: what the network does not call the rest."""
    return torch.sigmoid(-logits)


def pooled(magnitudes: Tensor, shares: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Power and share of the vocals in each band of both channels, `[window][frame][band]`."""
    power = magnitudes.square()
    whole = power.sum(1) @ weights
    return whole, ((power * shares).sum(1) @ weights) / whole.clamp_min(1e-9)


def losses(logits: Tensor, batch: Batch, judged: tuple[int, int], weights: Tensor, teacher: float) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss, and its terms towards the truth; `teacher` is what the original's opinion counts."""
    frames = batch.magnitudes.shape[2]
    magnitudes = batch.magnitudes[:, :, frames - judged[0] : frames - judged[1]]
    said = share_of(logits[:, :, : judged[0] - judged[1]])
    terms = _terms(magnitudes, said, batch.known, weights)
    taught = _terms(magnitudes, said, batch.taught, weights)
    loss = (1.0 - teacher) * sum(terms.values()) + teacher * sum(taught.values())
    return loss, terms


def _terms(magnitudes: Tensor, said: Tensor, wanted: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """Errors against the whole of each window: of magnitudes in bins, of magnitudes in bands, of power in bands."""
    whole = magnitudes.sum((1, 2, 3)).clamp_min(1.0)
    bins = (magnitudes * (said - wanted).abs()).sum((1, 2, 3)) / whole
    power, shares = pooled(magnitudes, said, weights)
    _, true = pooled(magnitudes, wanted, weights)
    off, level = shares - true, (power + 1e-9).sqrt()
    in_bands = (level * off.abs()).sum((1, 2)) / level.sum((1, 2)).clamp_min(1.0)
    error = ((power * off.square()).sum((1, 2)) / power.sum((1, 2)).clamp_min(1.0) + 1e-5).sqrt()
    return {"bins": bins.mean(), "bands": in_bands.mean(), "error": error.mean()}


def decibels(magnitudes: Tensor, said: Tensor, known: Tensor, weights: Tensor) -> float:
    """How far the error of the vocals in bands is below them, in dB, over all windows of a clip. Both are counted from
    `FLOOR` of the mixture's power on: where nobody sings, what is told as sung still counts."""
    power, shares = pooled(magnitudes, said, weights)
    _, true = pooled(magnitudes, known, weights)
    error, sung, floor = (power * (shares - true).square()).sum(), (power * true.square()).sum(), FLOOR * power.sum() + 1e-9
    return float(10.0 * torch.log10((sung + floor) / (error + floor)))
