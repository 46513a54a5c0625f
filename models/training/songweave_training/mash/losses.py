"""What the mash network is to get right: the shares where there is energy, and who leads."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from songweave_training.mash.augment import power_of
from songweave_training.mash.clash import lead_target
from songweave_training.mash.data import Batch
from songweave_training.mash.trunks import BANDS

VOCALS = 0
COMPRESSION = 0.3
"""Exponent of the band power that weighs the share regression: quiet bands count, loud ones count more."""
FLOOR = 0.01
"""Error to signal below which a mask is as good as it gets, 20 dB."""
ABSENT = 1e-3
"""A part with less than this share of a clip's energy has no signal-to-noise ratio."""
TINY = 1e-12
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


def losses(
    logits: Tensor, lead: Tensor, batch: Batch, scale: Scale, settle: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its terms. `logits` [pair][song][hop][part][band], `lead` [pair][hop][part] before the sigmoid; the
    first `settle` hops, in which the network has heard too little, are not judged."""
    wanted_lead, lead_weight = (
        x[:, settle:]
        for x in lead_target(
            batch.chroma, batch.onset, batch.register, batch.part_level, batch.known, scale.hop_seconds
        )
    )
    logits, lead, batch = logits[:, :, settle:], lead[:, settle:], batch.after(settle)
    shares = torch.softmax(logits, dim=3)
    power = power_of(batch.features[..., :BANDS])
    division = torch.softmax(logits[:, :, :, VOCALS + 1 :].detach(), dim=3)
    wanted = _where_known(batch.shares, division, batch)
    error = (_where_known(shares, division, batch) - wanted).square()
    energy = power * scale.bandwidth
    doubt = F.binary_cross_entropy_with_logits(lead, wanted_lead, reduction="none")
    terms = {
        "regression": _regression(error, power),
        "parts": _parts(error, wanted, energy) / 10.0,
        "mash": mash_noise_db(shares, batch.shares, energy, FLOOR).mean() / 10.0,
        "lead": (doubt * lead_weight).sum() / lead_weight.sum(),
    }
    return sum(WEIGHTS[name] * term for name, term in terms.items()), terms


def _where_known(parts: Tensor, division: Tensor, batch: Batch) -> Tensor:
    """Shares of the parts; where only the vocals are known, the rest divided as `division` says, so that it counts as a whole."""
    vocals = parts[:, :, :, VOCALS : VOCALS + 1]
    told = torch.cat([vocals, (1.0 - vocals) * division], dim=3)
    return torch.where(batch.divided[:, :, None, None, None] > 0.5, parts, told)


def _regression(error: Tensor, power: Tensor) -> Tensor:
    weight = power**COMPRESSION
    weight = weight / weight.mean(dim=(2, 3), keepdim=True).clamp(min=1e-9)
    return (weight[:, :, :, None] * error).sum(dim=3).mean()


def _parts(error: Tensor, target: Tensor, energy: Tensor) -> Tensor:
    """Mean noise to signal in dB over the parts that are there."""
    noise = (energy[:, :, :, None] * error).sum(dim=(2, 4))
    signal = (energy[:, :, :, None] * target.square()).sum(dim=(2, 4))
    there = signal > ABSENT * energy.sum(dim=(2, 3))[..., None] + TINY
    ratio_db = 10.0 * torch.log10((noise + FLOOR * signal + TINY) / (signal + TINY))
    return (ratio_db * there).sum() / there.sum().clamp(min=1)


def mash_noise_db(shares: Tensor, target: Tensor, energy: Tensor, floor: float) -> Tensor:
    """Noise to signal in dB of "the vocals of one song over the rest of the other", both ways round, [pair][song of
    the vocals]: the product's figure, in the mask's domain."""
    vocals, wanted = shares[:, :, :, VOCALS], target[:, :, :, VOCALS]
    noise = (energy * (vocals - wanted).square()).sum(dim=(2, 3))
    voice = (energy * wanted.square()).sum(dim=(2, 3))
    rest = (energy * (1.0 - wanted).square()).sum(dim=(2, 3))
    signal = voice + rest.flip(1)
    return 10.0 * torch.log10((noise + noise.flip(1) + floor * signal + TINY) / (signal + TINY))


@torch.no_grad()
def figures(logits: Tensor, batch: Batch, scale: Scale, settle: int) -> dict[str, Tensor]:
    """What validation tells, from the masks alone, in dB: `gain_db`, how far "vocals of one song over the rest of the
    other" is above the plain sum; `vocals_db`, signal to noise of the voice alone where it sings."""
    shares, batch = torch.softmax(logits[:, :, settle:], dim=3), batch.after(settle)
    energy = power_of(batch.features[..., :BANDS]) * scale.bandwidth
    wanted = batch.shares[:, :, :, VOCALS]
    voice = (energy * wanted.square()).sum(dim=(2, 3))
    rest = (energy * (1.0 - wanted).square()).sum(dim=(2, 3))
    plain = 10.0 * torch.log10((rest + voice.flip(1) + TINY) / (voice + rest.flip(1) + TINY))
    noise = (energy * (shares[:, :, :, VOCALS] - wanted).square()).sum(dim=(2, 3))
    sings = voice > 10.0 * ABSENT * energy.sum(dim=(2, 3)) + TINY
    alone = 10.0 * torch.log10((voice + TINY) / (noise + TINY))
    gain = plain - mash_noise_db(shares, batch.shares, energy, 0.0)
    return {"gain_db": gain.mean(), "vocals_db": (alone * sings).sum() / sings.sum().clamp(min=1)}
