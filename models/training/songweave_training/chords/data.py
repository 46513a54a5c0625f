"""Sets as `cargo xtask dataset band` writes them: per beat what the plugin would hear, per step what is sung and played."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from safetensors import safe_open

from songweave_training.chords.net import BEATS, CHORDS, CLASSES, MELODY_STEPS, QUALITIES

NONE = 255
"""Silence among classes."""
IGNORED = -100
"""A target that is not known."""


@dataclass
class Batch:
    """Stretches of songs, `[song][beat]…`; what is beyond a song's end is ignored."""

    features: Tensor
    chords: Tensor
    """`[song][beat][ahead]`: root * QUALITIES + quality, CHORDS for none."""
    bass: Tensor
    keys: Tensor
    """Tonic, 12 more in minor."""
    melody: Tensor
    """Steps in which each class will be sung, `[song][beat][forecast][class]`."""


class Song:
    """One song as it is heard."""

    def __init__(self, features: np.ndarray, steps: np.ndarray, per_beat: int):
        self.features, self.beats = features, len(features)
        sung, _, root, quality, bass, key = steps.astype(np.int64).T
        at = np.arange(self.beats) * int(per_beat)
        chord = np.where(root == NONE, CHORDS, root * QUALITIES + quality)
        chord = np.concatenate([chord, np.full(BEATS * per_beat, IGNORED)])
        classes = np.zeros((len(sung) + max(MELODY_STEPS) + per_beat, CLASSES), np.float32)
        classes[np.flatnonzero(sung != NONE), sung[sung != NONE]] = 1.0
        sums = np.concatenate([np.zeros((1, CLASSES), np.float32), classes.cumsum(0)])
        self.chords = np.stack([chord[at + beat * per_beat] for beat in range(BEATS)], 1)
        self.bass = np.where(bass == NONE, IGNORED, bass)[at]
        self.keys = np.where(key == NONE, IGNORED, key)[at]
        self.melody = np.stack([sums[at + steps] - sums[at] for steps in MELODY_STEPS], 1)

    def stretch(self, first: int, beats: int) -> list[np.ndarray]:
        """The tensors of a batch for `beats` beats, padded with what is ignored."""
        part = slice(first, first + beats)
        missing = beats - len(self.features[part])
        padded = []
        for array, empty in [(self.features, 0), (self.chords, IGNORED), (self.bass, IGNORED), (self.keys, IGNORED), (self.melody, 0)]:
            padded.append(np.pad(array[part], [(0, missing)] + [(0, 0)] * (array.ndim - 1), constant_values=empty))
        return padded


class ChordSongs:
    """The songs of some shards, with so many numbers at a beat."""

    def __init__(self, paths: list[Path], numbers: int):
        self.songs, self.names = [], set()
        for path in paths:
            self._read(path, numbers)
        if not self.songs:
            raise SystemExit("no shard to read; run `cargo xtask dataset band` first")

    def _read(self, path: Path, numbers: int) -> None:
        with safe_open(path, "numpy") as file:
            features, steps, songs = (file.get_tensor(name) for name in ("features", "steps", "songs"))
            self.names |= set(json.loads(file.metadata()["songweave"])["songs"])
        if features.shape[1] != numbers:
            raise SystemExit(f"{path}: {features.shape[1]} features, {numbers} are needed; write the set again")
        beat = step = 0
        for beats, count, per_beat in songs:
            self.songs.append(Song(features[beat : beat + beats], steps[step : step + count], per_beat))
            beat, step = beat + beats, step + count

    def epoch(self, draw: np.random.Generator, songs: int, beats: int) -> list[list[tuple[int, int]]]:
        """Batches of (song, first beat): every song once, from its beginning or from anywhere."""
        order = draw.permutation(len(self.songs))
        first = [int(draw.integers(2)) * int(draw.integers(max(1, self.songs[song].beats - beats + 1))) for song in order]
        places = list(zip(order.tolist(), first))
        return [places[at : at + songs] for at in range(0, len(places) - songs + 1, songs)]

    def batch(self, places: list[tuple[int, int]], beats: int) -> Batch:
        """The stretches at some places."""
        arrays = zip(*(self.songs[song].stretch(first, beats) for song, first in places))
        features, chords, bass, keys, melody = (torch.from_numpy(np.stack(array)) for array in arrays)
        return Batch(features.float(), chords, bass, keys, melody.float())
