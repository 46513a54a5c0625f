"""Changes to what is heard of a song: who plays, level, equalisation, width, bandwidth, and pitch with formants."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from songweave_training.mash.data import TENSORS, Batch
from songweave_training.mash.trunks import BANDS, PARTS

SILENCE = 1e-9
"""Power that features cannot tell from silence."""
LEVEL_DB = (-18.0, 6.0)
EQ_KNOTS = 6
EQ_DB = 3.0
SHIFT_CHANCE = 0.5
SHIFT_BANDS = 3
"""Three bands are about 15 % in frequency in the middle of the scale."""
MONO_CHANCE = 0.2
TOP_CUT_CHANCE = 0.3
TOP_CUT_BANDS = (64, BANDS)
LOW_CUT_CHANCE = 0.15
LOW_CUT_BANDS = (1, 16)
REMIX_CHANCE = 0.5
"""Chance that the parts of a clip get levels and equalisers of their own."""
GUEST_CHANCE = 0.7
"""Chance that such a clip takes parts from another one."""
GUEST_PARTS = 0.4
"""Chance of each part to be the other clip's then."""
PART_DB = 4.0
PART_EQ_DB = 3.0


def power_of(level: Tensor) -> Tensor:
    """Band power of the level features."""
    return (10.0 ** ((level * 20.0 - 45.0) / 10.0) - SILENCE).clamp(min=0.0)


def level_of(power: Tensor) -> Tensor:
    """Level features of band powers, as songweave-models computes them."""
    return (10.0 * torch.log10(power + SILENCE) + 45.0) / 20.0


def augment(batch: Batch, draw: np.random.Generator) -> Batch:
    """A batch as other recordings of similar music would give it. Each clip of each pair draws its own changes."""
    batch = remix(batch, draw)
    clips = batch.features.shape[:2]
    level, width = batch.features.split(BANDS, dim=-1)
    source, moved = _shifts(draw, clips)
    level, width = (torch.take_along_dim(part, source[:, :, None], dim=-1) for part in (level, width))
    shares = torch.take_along_dim(batch.shares, source[:, :, None, None], dim=-1)
    gain_db = draw.uniform(*LEVEL_DB, clips)
    curve = torch.from_numpy(gain_db[..., None] + _equalisers(draw, clips, EQ_DB)).float()
    heard = torch.from_numpy(_passbands(draw, clips) & moved).float()[:, :, None]
    stretch = np.where(draw.random(clips) < MONO_CHANCE, 0.0, draw.uniform(0.3, 1.2, clips))
    power = power_of(level) * 10.0 ** (curve / 10.0)[:, :, None] * heard
    width = (width * torch.from_numpy(stretch).float()[:, :, None, None] * heard).clamp(max=1.0)
    part_level = batch.part_level + torch.from_numpy(gain_db).float()[:, :, None, None]
    features = torch.cat([level_of(power), width], dim=-1)
    return replace(batch, features=features, shares=shares, part_level=part_level)


def remix(batch: Batch, draw: np.random.Generator) -> Batch:
    """Half of the clips mixed anew: parts of two clips of the batch, each at a level and with an equaliser of its own.

    Bands add up as powers here, as those of sounds do on average that have nothing to do with each other.
    """
    flat = {name: getattr(batch, name).flatten(0, 1).clone() for name in TENSORS}
    clips = len(flat["known"])
    chosen = np.flatnonzero(draw.random(clips) < REMIX_CHANCE)
    host = (chosen + draw.integers(1, clips, len(chosen))) % clips
    guest = (draw.random((len(chosen), PARTS)) < GUEST_PARTS) & (draw.random((len(chosen), 1)) < GUEST_CHANCE)
    gain_db = torch.from_numpy((PART_DB * draw.normal(size=(len(chosen), PARTS))).clip(-2 * PART_DB, 2 * PART_DB)).float()
    curve = gain_db[..., None] + torch.from_numpy(_equalisers(draw, (len(chosen), PARTS), PART_EQ_DB)).float()
    mixed = _mixture({name: x[chosen] for name, x in flat.items()}, {name: x[host] for name, x in flat.items()},
                     torch.from_numpy(guest), 10.0 ** (curve / 10.0))
    mixed["part_level"] = mixed["part_level"] + gain_db[:, None]
    for name, tensor in mixed.items():
        flat[name][chosen] = tensor
    return Batch(*(flat[name].unflatten(0, batch.features.shape[:2]) for name in TENSORS))


def _mixture(own: dict, other: dict, guest: Tensor, gain: Tensor) -> dict:
    """Clips with the parts `guest` [clip][part] of `other` and the rest of `own`, times `gain` [clip][part][band]."""

    def choose(name: str) -> Tensor:
        mask = guest.reshape(len(guest), *(1,) * (own[name].dim() > 2), PARTS, *(1,) * (own[name].dim() - 3))
        return torch.where(mask, other[name], own[name])

    def part_power(clips: dict) -> Tensor:
        return power_of(clips["features"][..., :BANDS])[:, :, None] * clips["shares"]

    seats = guest[:, None, :, None]
    power = torch.where(seats, part_power(other), part_power(own)) * gain[:, None]
    width = torch.where(seats, other["features"][:, :, None, BANDS:], own["features"][:, :, None, BANDS:])
    whole = power.sum(dim=2)
    there = whole.clamp(min=SILENCE)
    shares = torch.where(whole[:, :, None] > SILENCE, power / there[:, :, None], 1.0 / PARTS)
    features = torch.cat([level_of(whole), ((power * width).sum(dim=2) / there).clamp(max=1.0)], dim=-1)
    kept = {name: choose(name) for name in ("part_level", "chroma", "onset", "register", "known")}
    # What nobody can divide lies in the last part.
    kept["divided"] = torch.where(guest[:, -1], other["divided"], own["divided"])
    return kept | {"features": features, "shares": shares}


def _shifts(draw: np.random.Generator, clips: tuple[int, int]) -> tuple[Tensor, np.ndarray]:
    """The band that each band is taken from, and whether there is one, [pair][song][band]."""
    shift = np.where(draw.random(clips) < SHIFT_CHANCE, draw.integers(-SHIFT_BANDS, SHIFT_BANDS + 1, clips), 0)
    source = np.arange(BANDS) - shift[..., None]
    return torch.from_numpy(source.clip(0, BANDS - 1)), (source >= 0) & (source < BANDS)


def _equalisers(draw: np.random.Generator, shape: tuple[int, int], strength_db: float) -> np.ndarray:
    """Smooth random curves in dB, `shape` + [band]."""
    knots = draw.normal(0.0, strength_db, (*shape, EQ_KNOTS))
    place = np.linspace(0.0, EQ_KNOTS - 1.0, BANDS)
    lower = np.minimum(place.astype(int), EQ_KNOTS - 2)
    return knots[..., lower] + (place - lower) * (knots[..., lower + 1] - knots[..., lower])


def _passbands(draw: np.random.Generator, clips: tuple[int, int]) -> np.ndarray:
    """1 for bands that are kept, 0 for those cut away, [pair][song][band]."""
    top = np.where(draw.random(clips) < TOP_CUT_CHANCE, draw.integers(*TOP_CUT_BANDS, clips), BANDS)
    low = np.where(draw.random(clips) < LOW_CUT_CHANCE, draw.integers(*LOW_CUT_BANDS, clips), 0)
    band = np.arange(BANDS)
    return (band < top[..., None]) & (band >= low[..., None])
