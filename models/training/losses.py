"""What the mash network is to get right: the shares where there is energy, and who leads."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from augment import power_of
from data import Batch
from net import BANDS

VOCALS = 0
COMPRESSION = 0.3
"""Exponent of the band power that weighs the share regression: quiet bands count, loud ones count more."""
FLOOR = 0.01
"""Error to signal below which a mask is as good as it gets, 20 dB."""
ABSENT = 1e-3
"""A part with less than this share of a clip's energy has no signal-to-noise ratio."""
LEAD_SECONDS = 1.0
LEAD_DB = 6.0
LEAD_SILENCE_DB = -50.0
WEIGHTS = {"regression": 4.0, "parts": 0.5, "mash": 1.0, "lead": 0.3}


@dataclass
class Scale:
    """Facts of the feature set that the losses need."""

    bandwidth: Tensor
    """Width of each band in Hz, [band]."""
    hop_seconds: float

    @classmethod
    def of(cls, facts: dict) -> "Scale":
        """From the contents of set.json; the shortest hop if there are several rates."""
        hops = facts["hop_seconds"]
        shortest = min(hops) if isinstance(hops, list) else hops
        return cls(torch.gradient(torch.tensor(facts["bands_hz"], dtype=torch.float32))[0], shortest)


def losses(logits: Tensor, lead: Tensor, batch: Batch, scale: Scale) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its terms. `logits` [pair][song][hop][part][band], `lead` [pair][hop][part] before the sigmoid."""
    shares = torch.softmax(logits, dim=3)
    power = power_of(batch.features[..., :BANDS])
    error = (shares - batch.shares).square()
    energy = power * scale.bandwidth
    terms = {
        "regression": _regression(error, power),
        "parts": _parts(error, batch.shares, energy) / 10.0,
        "mash": mash_noise_db(shares, batch.shares, energy, FLOOR).mean() / 10.0,
        "lead": F.binary_cross_entropy_with_logits(lead, lead_target(batch.part_level, scale.hop_seconds)),
    }
    return sum(WEIGHTS[name] * term for name, term in terms.items()), terms


def _regression(error: Tensor, power: Tensor) -> Tensor:
    weight = power**COMPRESSION
    weight = weight / weight.mean(dim=(2, 3), keepdim=True).clamp(min=1e-9)
    return (weight[:, :, :, None] * error).sum(dim=3).mean()


def _parts(error: Tensor, target: Tensor, energy: Tensor) -> Tensor:
    """Mean noise to signal in dB over the parts that are there."""
    noise = (energy[:, :, :, None] * error).sum(dim=(2, 4))
    signal = (energy[:, :, :, None] * target.square()).sum(dim=(2, 4))
    total = energy.sum(dim=(2, 3))[..., None]
    there = signal > ABSENT * total + 1e-12
    ratio_db = 10.0 * torch.log10((noise + FLOOR * signal + 1e-12) / (signal + 1e-12))
    return (ratio_db * there).sum() / there.sum().clamp(min=1)


def mash_noise_db(shares: Tensor, target: Tensor, energy: Tensor, floor: float) -> Tensor:
    """Noise to signal in dB of "the vocals of one song over the rest of the other", both ways round, [pair][song of
    the vocals]: the product's figure, in the mask's domain."""
    vocals, wanted = shares[:, :, :, VOCALS], target[:, :, :, VOCALS]
    noise = (energy * (vocals - wanted).square()).sum(dim=(2, 3))
    voice = (energy * wanted.square()).sum(dim=(2, 3))
    rest = (energy * (1.0 - wanted).square()).sum(dim=(2, 3))
    signal = voice + rest.flip(1)
    return 10.0 * torch.log10((noise + noise.flip(1) + floor * signal + 1e-12) / (signal + 1e-12))


def lead_target(part_level: Tensor, hop_seconds: float) -> Tensor:
    """Who leads each part, [pair][hop][part], 0 = A … 1 = B: the louder one over the last second."""
    hops = part_level.shape[2]
    age = torch.arange(hops)[:, None] - torch.arange(hops)[None, :]
    decay = torch.exp(-age.clamp(min=0) * hop_seconds / LEAD_SECONDS) * (age >= 0)
    decay = (decay / decay.sum(dim=1, keepdim=True)).to(part_level.device)
    level = 10.0 * torch.log10(decay @ 10.0 ** (part_level / 10.0) + 1e-12)
    lead = torch.sigmoid((level[:, 1] - level[:, 0]) / LEAD_DB)
    return torch.where((level < LEAD_SILENCE_DB).all(dim=1), 0.5, lead)
