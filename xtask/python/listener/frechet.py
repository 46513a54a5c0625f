"""How far accompaniments are from true ones of other songs, for an ear that was trained to tag music.

    python frechet.py --folder DIR --json FILE

DIR holds SONG.SYSTEM.f32, mono sound at 16 kHz; one system is called `true`. Songs are divided into two halves again and
again, and what a system plays to one half is compared with the true accompaniments of the other: Kilgour, Zuluaga, Roblek
and Sharifi, "Fréchet audio distance: a reference-free metric for evaluating music enhancement algorithms" (2019).
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from musicnn_net import FRAMES, HOP, RATE, Musicnn, weights

TRUE = "true"
DIVISIONS = 40
"""Ways to divide the songs; the interval is that of the middle 95 % of them."""


@dataclass
class Moments:
    """Sums over a system's pictures of some songs, enough for mean and covariance."""

    count: int
    total: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, heard: np.ndarray) -> "Moments":
        """Of what was heard, `[picture][number]`."""
        heard = heard.astype(np.float64)
        return cls(len(heard), heard.sum(0), heard.T @ heard)

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.count + other.count, self.total + other.total, self.squares + other.squares)

    def normal(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance."""
        mean = self.total / self.count
        return mean, (self.squares - self.count * np.outer(mean, mean)) / max(1, self.count - 1)


def frechet(one: Moments, other: Moments) -> float:
    """The squared Fréchet distance of two normal distributions (Dowson and Landau 1982)."""
    (mean, covariance), (other_mean, other_covariance) = one.normal(), other.normal()
    # The eigenvalues of the product of two covariances are those of a symmetric matrix, and so are real.
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    both = np.linalg.eigvalsh(root @ other_covariance @ root)
    mixed = np.sqrt(np.maximum(both, 0.0)).sum()
    return float(((mean - other_mean) ** 2).sum() + np.trace(covariance) + np.trace(other_covariance) - 2.0 * mixed)


def hear(folder: Path) -> dict[str, dict[str, Moments]]:
    """`[system][song]` of all sounds; a song counts when every system has played to it long enough."""
    network, found = Musicnn(weights()), {}
    for path in tqdm(sorted(folder.glob("*.f32")), unit="sound"):
        song, system, _ = path.name.rsplit(".", 2)
        heard = network.hear(np.fromfile(path, "<f4"))
        if len(heard):
            found.setdefault(system, {})[song] = Moments.of(heard)
    songs = set.intersection(*(set(heard) for heard in found.values())) if found else set()
    return {system: {song: heard[song] for song in sorted(songs)} for system, heard in found.items()}


def distances(heard: dict[str, dict[str, Moments]]) -> dict[str, list[float]]:
    """`[system][division]`: a system's distance to the true accompaniments of other songs."""
    songs, found = sorted(heard[TRUE]), {system: [] for system in heard}
    for division in range(DIVISIONS):
        order = np.random.default_rng(division).permutation(len(songs))
        halves = [[songs[at] for at in order[half::2]] for half in (0, 1)]
        for system, played in heard.items():
            pairs = [(sum_of(played, one), sum_of(heard[TRUE], other)) for one, other in (halves, halves[::-1])]
            found[system].append(float(np.mean([frechet(one, other) for one, other in pairs])))
    return found


def sum_of(played: dict[str, Moments], songs: list[str]) -> Moments:
    """The moments of several songs together."""
    total = played[songs[0]]
    for song in songs[1:]:
        total = total + played[song]
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description="Fréchet distances of accompaniments to true ones.")
    parser.add_argument("--folder", type=Path, required=True, help="SONG.SYSTEM.f32, 16 kHz, mono")
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    heard = hear(arguments.folder)
    if len(heard.get(TRUE, {})) < 4:
        raise SystemExit(f"{arguments.folder}: fewer than four songs of {FRAMES * HOP / RATE:.0f} s; there is no distance of so few")
    found = distances(heard)
    figures = {
        system: {"mean": float(np.mean(x)), "interval": [float(q) for q in np.quantile(x, (0.025, 0.975))]}
        for system, x in found.items()
    }
    pictures = sum(moments.count for moments in heard[TRUE].values())
    arguments.json.write_text(json.dumps({"songs": len(heard[TRUE]), "pictures": pictures, "distance": figures}) + "\n")


if __name__ == "__main__":
    main()
