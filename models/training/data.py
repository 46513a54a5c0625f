"""Feature sets as `cargo xtask dataset mash` writes them: `set.json` and safetensors shards of one-song clips."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

SHARD_KEYS = ("features", "shares", "part_level")


@dataclass
class Batch:
    """Pairs of clips, A and B."""

    features: Tensor
    """[pair][song][hop][192]"""
    shares: Tensor
    """Targets, [pair][song][hop][part][band]."""
    part_level: Tensor
    """Level of each part in dB, [pair][song][hop][part]."""


class Shard:
    """One file of clips, mapped into memory."""

    def __init__(self, path: Path):
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
        missing = [key for key in SHARD_KEYS if key not in header]
        if missing:
            raise SystemExit(f"{path}: no tensor `{missing[0]}`; write the feature set again")
        self._arrays = {key: _map(path, 8 + size, header[key]) for key in SHARD_KEYS}
        self.clips = len(self._arrays["features"])

    def read(self, clip: int, first: int, hops: int) -> tuple[np.ndarray, ...]:
        """Features, shares and part levels of `hops` hops of a clip from `first` on."""
        return tuple(self._arrays[key][clip, first : first + hops] for key in SHARD_KEYS)

    @property
    def hops(self) -> int:
        """Hops per clip."""
        return self._arrays["features"].shape[1]


def _map(path: Path, start: int, entry: dict) -> np.ndarray:
    if entry["dtype"] != "F16":
        raise SystemExit(f"{path}: expected half-precision tensors, found {entry['dtype']}")
    return np.memmap(path, np.float16, "r", start + entry["data_offsets"][0], tuple(entry["shape"]))


class Split:
    """All clips of one split; draws random pairs, the same ones for the same key."""

    def __init__(self, directory: Path, split: str):
        self._shards = [Shard(path) for path in sorted(directory.glob(f"{split}-*.safetensors"))]
        self._starts = np.cumsum([0] + [shard.clips for shard in self._shards])
        if self.clips < 2:
            raise SystemExit(f"{directory}: fewer than two clips for `{split}`; run `cargo xtask dataset mash` first")

    @property
    def clips(self) -> int:
        """Number of clips."""
        return int(self._starts[-1])

    def pairs(self, draw: np.random.Generator, pairs: int, hops: int) -> Batch:
        """`pairs` random pairs of two different clips, `hops` hops each (fewer if the clips are shorter)."""
        hops = min(hops, self._shards[0].hops)
        clips = [draw.choice(self.clips, 2, replace=False) for _ in range(pairs)]
        read = [self._read(int(clip), draw, hops) for pair in clips for clip in pair]
        stacked = [torch.from_numpy(np.stack(part).astype(np.float32)) for part in zip(*read)]
        return Batch(*(tensor.unflatten(0, (pairs, 2)) for tensor in stacked))

    def _read(self, clip: int, draw: np.random.Generator, hops: int) -> tuple[np.ndarray, ...]:
        shard = int(np.searchsorted(self._starts, clip, side="right")) - 1
        first = int(draw.integers(0, self._shards[shard].hops - hops + 1))
        return self._shards[shard].read(clip - int(self._starts[shard]), first, hops)


def read_facts(directory: Path) -> dict:
    """The contents of `set.json`."""
    path = directory / "set.json"
    try:
        facts = json.loads(path.read_text())
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror}; run `cargo xtask dataset mash` first") from error
    for key in ("bands_hz", "hop_seconds"):
        if key not in facts:
            raise SystemExit(f"{path}: no `{key}`; write the feature set again")
    return facts
