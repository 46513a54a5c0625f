"""Sets as `cargo xtask dataset listener` writes them: slices as the tagging networks' last hidden layers hear them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from songweave_training.loop.sets import read_arrays, read_facts

TRAIN, VALIDATION, TEST = range(3)


@dataclass
class Slices:
    """Some slices of a set."""

    hidden: np.ndarray
    """[slice][number]"""
    song: np.ndarray
    version: np.ndarray
    """[slice], 0 = as it was written, 1 = played and mastered anew."""
    genre: np.ndarray
    """[slice], -1 where nobody says it."""

    def where(self, chosen: np.ndarray) -> "Slices":
        """Those of them for which `chosen` [slice] is true."""
        return Slices(self.hidden[chosen], self.song[chosen], self.version[chosen], self.genre[chosen])


class ListenerSet:
    """Some sets, and what they say of themselves."""

    def __init__(self, folders: list[Path]):
        self.facts = [read_facts(folder, "listener") for folder in folders]
        self.songs: list[str] = []
        parts = []
        for folder, facts in zip(folders, self.facts):
            arrays = read_arrays(folder / "listener.safetensors", "listener")
            song, *rest = arrays["facts"].T
            parts.append((arrays["hidden"].astype(np.float64), song + len(self.songs), *rest))
            self.songs += facts["songs"]
        hidden, song, version, genre, self.split = (np.concatenate(column) for column in zip(*parts))
        self.all = Slices(hidden, song, version, genre)
        self.genres = self.facts[0]["genres"]

    def part(self, split: int) -> Slices:
        """The slices of a split."""
        return self.all.where(self.split == split)

    def is_new_style(self, slices: Slices) -> np.ndarray:
        """Whether the style of each slice is in no other split: [slice]."""
        style = np.array([name.split(" ")[0] for name in self.songs])
        known = set(style[np.unique(self.all.song[self.split != TEST])])
        return np.array([style[song] not in known for song in slices.song])
