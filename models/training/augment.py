"""Changes to what is heard of a song: level, equalisation, width, bandwidth, and pitch with formants."""

import numpy as np
import torch
from torch import Tensor

from data import Batch
from net import BANDS

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


def power_of(level: Tensor) -> Tensor:
    """Band power of the level features."""
    return (10.0 ** ((level * 20.0 - 45.0) / 10.0) - SILENCE).clamp(min=0.0)


def level_of(power: Tensor) -> Tensor:
    """Level features of band powers, as songweave-models computes them."""
    return (10.0 * torch.log10(power + SILENCE) + 45.0) / 20.0


def augment(batch: Batch, draw: np.random.Generator) -> Batch:
    """A batch as other recordings of similar music would give it. Each clip of each pair draws its own changes."""
    clips = batch.features.shape[:2]
    level, width = batch.features.split(BANDS, dim=-1)
    source, moved = _shifts(draw, clips)
    level, width = (torch.take_along_dim(part, source[:, :, None], dim=-1) for part in (level, width))
    shares = torch.take_along_dim(batch.shares, source[:, :, None, None], dim=-1)
    gain_db = draw.uniform(*LEVEL_DB, clips)
    curve = torch.from_numpy(gain_db[..., None] + _equalisers(draw, clips)).float()
    heard = torch.from_numpy(_passbands(draw, clips) & moved).float()[:, :, None]
    stretch = np.where(draw.random(clips) < MONO_CHANCE, 0.0, draw.uniform(0.3, 1.2, clips))
    power = power_of(level) * 10.0 ** (curve / 10.0)[:, :, None] * heard
    width = (width * torch.from_numpy(stretch).float()[:, :, None, None] * heard).clamp(max=1.0)
    part_level = batch.part_level + torch.from_numpy(gain_db).float()[:, :, None, None]
    return Batch(torch.cat([level_of(power), width], dim=-1), shares, part_level)


def _shifts(draw: np.random.Generator, clips: tuple[int, int]) -> tuple[Tensor, np.ndarray]:
    """The band that each band is taken from, and whether there is one, [pair][song][band]."""
    shift = np.where(draw.random(clips) < SHIFT_CHANCE, draw.integers(-SHIFT_BANDS, SHIFT_BANDS + 1, clips), 0)
    source = np.arange(BANDS) - shift[..., None]
    return torch.from_numpy(source.clip(0, BANDS - 1)), (source >= 0) & (source < BANDS)


def _equalisers(draw: np.random.Generator, clips: tuple[int, int]) -> np.ndarray:
    """Smooth random curves in dB, [pair][song][band]."""
    knots = draw.normal(0.0, EQ_DB, (*clips, EQ_KNOTS))
    place = np.linspace(0.0, EQ_KNOTS - 1.0, BANDS)
    lower = np.minimum(place.astype(int), EQ_KNOTS - 2)
    return knots[..., lower] + (place - lower) * (knots[..., lower + 1] - knots[..., lower])


def _passbands(draw: np.random.Generator, clips: tuple[int, int]) -> np.ndarray:
    """1 for bands that are kept, 0 for those cut away, [pair][song][band]."""
    top = np.where(draw.random(clips) < TOP_CUT_CHANCE, draw.integers(*TOP_CUT_BANDS, clips), BANDS)
    low = np.where(draw.random(clips) < LOW_CUT_CHANCE, draw.integers(*LOW_CUT_BANDS, clips), 0)
    band = np.arange(BANDS)
    return (band < top[..., None]) & (band >= low[..., None])
