"""Sets as `cargo xtask dataset groove` writes them: steps of drums and of a pianist's hands, cut into stretches."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songweave_training.loop.sets import read_arrays

BAR, PHRASE, STYLES, TEMPI = 16, 4, 6, 2
DRUMS, DRUM_LEVELS = 9, 4
HANDS, HAND_LEVELS = 2, 6
LOUDER = (50, 95)
"""The least velocity of the levels 2 and 3."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DRUM_HITS, HAND_ONSETS = 32.0, 16.0
"""Densities are hits of all drums a bar, onsets of each hand a bar, in these units."""


@dataclass
class Stretch:
    """What one line hears and plays."""

    condition: Tensor
    """[stretch][step][condition]"""
    levels: Tensor
    """[stretch][step][voice], 0 = silent."""


class GrooveSet:
    """The clips of one split."""

    def __init__(self, path: Path):
        arrays = read_arrays(path, "groove")
        self.velocity, self.drum_clips = arrays["drums"], arrays["drum_clips"]
        self.levels = (self.velocity > 0) * (1 + sum((self.velocity >= least).astype(np.int64) for least in LOUDER))
        self.hands, self.hand_clips = arrays["hands"].astype(np.int64), arrays["hand_clips"]
        self.change = arrays["change"]
        self.beats = self.drum_clips[self.drum_clips[:, 3] == 0]
        self.fills = self.drum_clips[self.drum_clips[:, 3] == 1]

    def drums(self, draw: np.random.Generator, count: int, bars: int, fills: float) -> Stretch:
        """Random stretches of drums; each style is drawn as the square root of its length says."""
        made = [self._drum_stretch(draw, bars, fills) for _ in range(count)]
        return _stack(made)

    def played(self, draw: np.random.Generator, count: int, bars: int) -> Stretch:
        """Random stretches of the hands."""
        return _stack([self._hand_stretch(draw, bars) for _ in range(count)])

    def _drum_stretch(self, draw: np.random.Generator, bars: int, fills: float) -> tuple[np.ndarray, np.ndarray]:
        lengths = np.bincount(self.beats[:, 2], self.beats[:, 1], STYLES)
        chances = np.sqrt(lengths) / np.sqrt(lengths).sum()
        style = int(draw.choice(STYLES, p=chances))
        clips = self.beats[self.beats[:, 2] == style]
        first, steps, *_ = clips[draw.choice(len(clips), p=clips[:, 1] / clips[:, 1].sum())]
        start = int(draw.integers(0, max(1, steps // BAR - bars + 1)))
        levels = self.levels[first + start * BAR : first + min(steps, (start + bars) * BAR)]
        fill = np.zeros(len(levels))
        density = np.full(len(levels), _density(levels))
        ends = self.fills[self.fills[:, 2] == style]
        if len(ends) and draw.random() < fills:
            levels, density, fill, start = self._with_fill(levels, ends[draw.integers(len(ends))], draw)
        bar = start + np.arange(bars * BAR) // BAR
        known = [_padded(density, bars * BAR), _padded(fill, bars * BAR)]
        return _condition(bar, [(STYLES, style)], known), _padded(levels, bars * BAR)

    def _with_fill(self, levels: np.ndarray, end: np.ndarray, draw: np.random.Generator):
        """A beat of one or three bars, then one that ends in a fill, which begins on any of its beats."""
        fill = self.levels[end[0] : end[0] + end[1]][: 2 * BAR]
        whole, begin = BAR * int(draw.choice([1, 3])), 4 * int(draw.integers(4))
        beat = levels[: whole + begin]
        if len(beat) < whole + begin:
            beat, begin = beat[: len(beat) // BAR * BAR], 0
        fill = fill[begin:]
        flags = np.concatenate([np.zeros(len(beat)), np.ones(len(fill))])
        density = np.where(flags > 0.0, _density(fill), _density(levels))
        return np.concatenate([beat, fill]), density, flags, (PHRASE - 1 - len(beat) // BAR) % PHRASE

    def _hand_stretch(self, draw: np.random.Generator, bars: int) -> tuple[np.ndarray, np.ndarray]:
        first, steps, tempo = self.hand_clips[draw.integers(len(self.hand_clips))]
        start = int(draw.integers(0, max(1, steps // BAR - bars + 1)))
        part = slice(first + start * BAR, first + min(steps, (start + bars) * BAR))
        levels, change = self.hands[part], self.change[part].astype(float)
        density = (levels > 0).sum(0) / max(1, len(levels) // BAR) / HAND_ONSETS
        beats = np.concatenate([change, np.zeros(4)])[4:].reshape(-1, 4).any(1).repeat(4).astype(float)
        bar = start + np.arange(bars * BAR) // BAR
        known = [np.full(len(bar), value) for value in density]
        known += [_padded(change, bars * BAR), _padded(beats, bars * BAR)]
        return _condition(bar, [(TEMPI, int(tempo))], known), _padded(levels, bars * BAR)

    def tables(self) -> dict[str, np.ndarray]:
        """What the arranger needs to know of the training data, in the weight file's names and shapes."""
        velocity = np.array([[self._velocity(drum, level) for level in range(1, DRUM_LEVELS)] for drum in range(DRUMS)])
        drums = np.stack([_quantiles(self._drum_densities(style)) for style in range(STYLES)])
        hands = [[_quantiles(self._hand_densities(tempo, hand)) for hand in range(HANDS)] for tempo in range(TEMPI)]
        return {"velocity": velocity, "drum_density": drums, "hand_density": np.array(hands)}

    def _velocity(self, drum: int, level: int) -> float:
        return float(self.velocity[:, drum][self.levels[:, drum] == level].mean())

    def _drum_densities(self, style: int) -> np.ndarray:
        clips = self.beats[self.beats[:, 2] == style]
        bars = [(self.levels[first : first + steps] > 0).reshape(-1, BAR * DRUMS).sum(1) for first, steps, *_ in clips]
        return np.concatenate([_running(one) for one in bars]) / DRUM_HITS

    def _hand_densities(self, tempo: int, hand: int) -> np.ndarray:
        clips = self.hand_clips[self.hand_clips[:, 2] == tempo]
        bars = [(self.hands[first : first + steps, hand] > 0).reshape(-1, BAR).sum(1) for first, steps, _ in clips]
        return np.concatenate([_running(one) for one in bars]) / HAND_ONSETS


def _density(levels: np.ndarray) -> float:
    """Hits a bar of all drums, as the network hears it."""
    return (levels > 0).sum() / max(1, len(levels)) * BAR / DRUM_HITS


def _running(bars: np.ndarray) -> np.ndarray:
    """Mean over four bars."""
    return np.convolve(bars, np.full(4, 0.25), "valid") if len(bars) >= 4 else bars.mean(keepdims=True)


def _quantiles(values: np.ndarray) -> np.ndarray:
    return np.quantile(values, QUANTILES)


def _condition(bar: np.ndarray, kinds: list[tuple[int, int]], known: list[np.ndarray]) -> np.ndarray:
    """[step][condition]: step of the bar, bar of the phrase, kind, then the numbers, as models/src/networks/groove.rs writes them."""
    steps = np.arange(len(bar))
    parts = [np.eye(BAR)[steps % BAR], np.eye(PHRASE)[bar % PHRASE]]
    parts += [np.eye(count)[np.full(len(bar), kind)] for count, kind in kinds]
    return np.concatenate(parts + [value[:, None] for value in known], axis=1)


def _padded(values: np.ndarray, steps: int) -> np.ndarray:
    """The values, and -1 (not judged) after their end; for conditions the sign does no harm."""
    missing = np.full((max(0, steps - len(values)), *values.shape[1:]), -1, values.dtype)
    return np.concatenate([values[:steps], missing])


def _stack(made: list[tuple[np.ndarray, np.ndarray]]) -> Stretch:
    condition, levels = (np.stack(arrays) for arrays in zip(*made))
    return Stretch(torch.from_numpy(condition).float(), torch.from_numpy(levels.astype(np.int64)))
