"""Feature sets as `cargo xtask dataset mash` writes them: `set.json` and safetensors shards of one-song clips, by group."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

FORMAT = 3
TENSORS = ("features", "shares", "part_level", "chroma", "onset", "register", "known", "divided")


@dataclass
class Batch:
    """Pairs of clips, A and B."""

    features: Tensor
    """[pair][song][hop][192]"""
    shares: Tensor
    """Targets, [pair][song][hop][part][band]."""
    part_level: Tensor
    """Level of each part in dB, [pair][song][hop][part]."""
    chroma: Tensor
    """Velocities of the sounding notes by pitch class, [pair][song][hop][part][12]."""
    onset: Tensor
    """Velocities of the notes that begin, [pair][song][hop][part]."""
    register: Tensor
    """Mean MIDI key / 128 of the sounding notes, 0 = none, [pair][song][hop][part]."""
    known: Tensor
    """1 where there is a score, [pair][song][part]."""
    divided: Tensor
    """1 where all parts are known, 0 where only vocals and the rest are, [pair][song]."""

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        return Batch(*(getattr(self, name).to(device) for name in TENSORS))

    def after(self, hops: int) -> "Batch":
        """The same clips without their first hops."""
        cut = {name: getattr(self, name)[:, :, hops:] for name in TENSORS if name not in ("known", "divided")}
        return Batch(**cut, known=self.known, divided=self.divided)


class Shard:
    """One file of clips, mapped into memory."""

    def __init__(self, path: Path):
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
        label = json.loads(header.get("__metadata__", {}).get("songweave", "{}"))
        if label.get("format") != FORMAT or any(name not in header for name in TENSORS):
            raise SystemExit(f"{path}: not a shard of format {FORMAT}; write the feature set again")
        self.group = path.stem.split("-", 1)[1].rsplit("-", 1)[0]
        self.songs = set(label["songs"])
        self._arrays = {name: _map(path, 8 + size, header[name]) for name in TENSORS}
        self.clips, self.hops = self._arrays["features"].shape[:2]

    def read(self, clip: int, first: int, hops: int) -> list[np.ndarray]:
        """The tensors of `hops` hops of a clip from `first` on, in the order of TENSORS."""
        arrays = [array[clip] for array in self._arrays.values()]
        return [array if array.ndim < 2 else array[first : first + hops] for array in arrays]


def _map(path: Path, start: int, entry: dict) -> np.ndarray:
    if entry["dtype"] != "F16":
        raise SystemExit(f"{path}: expected half-precision tensors, found {entry['dtype']}")
    return np.memmap(path, np.float16, "r", start + entry["data_offsets"][0], tuple(entry["shape"]))


class Clips:
    """The clips of some shards; draws random pairs, the same ones for the same key. `weights` says how often a kind of
    group (`real`, `blend`, `synthetic`, `recorded`) is drawn; without it every clip is as likely as every other."""

    def __init__(self, shards: list[Shard], weights: dict[str, float] | None = None):
        self._shards = shards
        self._places = [(shard, clip) for shard in range(len(shards)) for clip in range(shards[shard].clips)]
        chances = np.array([self._chance(shard, weights) for shard, _ in self._places])
        if len(chances) < 2 or chances.sum() <= 0.0:
            raise SystemExit("fewer than two clips to draw from; look at [data] in the configuration and into set.json")
        self._sums = np.cumsum(chances / chances.sum())

    @property
    def clips(self) -> int:
        """Number of clips."""
        return len(self._places)

    @property
    def songs(self) -> list[str]:
        """Names of the songs in the clips."""
        return sorted(set().union(*(shard.songs for shard in self._shards)))

    def _chance(self, shard: int, weights: dict[str, float] | None) -> float:
        kind = _kind(self._shards[shard].group)
        if weights is None:
            return 1.0
        same = sum(other.clips for other in self._shards if _kind(other.group) == kind)
        return weights.get(kind, 0.0) / same

    def pairs(self, draw: np.random.Generator, pairs: int, hops: int) -> Batch:
        """`pairs` random pairs of clips, `hops` hops each (fewer if the clips are shorter)."""
        hops = min(hops, self._shards[0].hops)
        chosen = np.searchsorted(self._sums, draw.random(2 * pairs)).clip(max=self.clips - 1)
        read = [self._read(int(clip), draw, hops) for clip in chosen]
        stacked = [torch.from_numpy(np.stack(tensor).astype(np.float32)) for tensor in zip(*read)]
        return Batch(*(tensor.unflatten(0, (pairs, 2)) for tensor in stacked))

    def _read(self, place: int, draw: np.random.Generator, hops: int) -> list[np.ndarray]:
        shard, clip = self._places[place]
        first = int(draw.integers(0, self._shards[shard].hops - hops + 1))
        return self._shards[shard].read(clip, first, hops)


def _kind(group: str) -> str:
    return group.split(".", 1)[0]


def check_facts(facts: dict, directory: Path) -> None:
    """Refuses the facts of a set that do not say enough."""
    for key in ("bands_hz", "hop_seconds"):
        if key not in facts:
            raise SystemExit(f"{directory / 'set.json'}: no `{key}`; write the feature set again")


def open_set(directory: Path, settings: dict) -> tuple[Clips, dict[str, Clips]]:
    """What to train on and what to validate by (by name), as table [data] of the configuration says.

    Nothing of the songs `held_out` or `validation` is trained on, in whatever mixture. Real songs of `validation` make
    the set `real`, other songs of the validation split the sets `synthetic` and `recorded`.
    """
    held = set(settings["held_out"]) | set(settings["validation"])
    shards = [Shard(path) for path in sorted(directory.glob("train-*.safetensors"))]
    training = [shard for shard in shards if not shard.songs & held and _kind(shard.group) in settings["weights"]]
    if not training:
        raise SystemExit(f"{directory}: no shard to train on; look at [data] in the configuration")
    made = [Shard(path) for path in sorted(directory.glob("validation-*.safetensors"))]
    real = [shard for shard in shards if shard.group in {f"real.{song}" for song in settings["validation"]}]
    sets = {kind: [shard for shard in made if _kind(shard.group) == kind] for kind in ("synthetic", "recorded")} | {"real": real}
    return Clips(training, settings["weights"]), {name: Clips(shards) for name, shards in sets.items() if shards}
