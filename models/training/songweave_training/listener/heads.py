"""The two layers on the hidden ones: vectors by which slices of a song are alike, and genres."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from songweave_training.listener.data import Slices

NUMBERS = 100
MEANT = {
    "blues": {"msd blues": 1.0},
    "classical": {"mtt classical": 0.7, "mtt classic": 0.4, "mtt violin": 0.2, "mtt strings": 0.3, "mtt opera": 0.3, "mtt choral": 0.3},
    "country": {"msd country": 0.8, "mtt country": 0.4},
    "electronic": {"msd electronic": 0.4, "msd electronica": 0.3, "msd House": 0.4, "msd electro": 0.3, "mtt techno": 0.4},
    "folk": {"msd folk": 1.0, "msd acoustic": 0.2},
    "hip-hop": {"msd Hip-Hop": 1.2},
    "jazz": {"msd jazz": 1.2},
    "latin": {},
    "metal": {"msd metal": 0.6, "msd heavy metal": 0.5, "mtt metal": 0.3},
    "ambient": {"msd ambient": 0.8, "mtt ambient": 0.4, "mtt new age": 0.3},
    "pop": {"msd pop": 0.8, "msd catchy": 0.2, "msd female vocalists": 0.2, "mtt pop": 0.2},
    "punk": {"msd punk": 1.2},
    "reggae": {},
    "soul": {"msd soul": 0.7, "msd rnb": 0.5, "msd funk": 0.4},
    "rock": {"msd rock": 0.5, "msd classic rock": 0.4, "msd alternative rock": 0.3, "msd hard rock": 0.2},
    "world": {"mtt indian": 0.7, "mtt sitar": 0.5},
}
"""What the originals' tags say of a genre, in standard deviations of a tag. Latin and reggae have no tag and are learned."""
STEPS = 60
"""Of the optimiser, which is past its end by then."""


@dataclass
class Layer:
    """A linear layer on hidden layers."""

    weight: np.ndarray
    """[out][number]"""
    bias: np.ndarray
    """[out]"""

    def __call__(self, hidden: np.ndarray) -> np.ndarray:
        return hidden @ self.weight.T + self.bias


def vectors(slices: Slices, shrinkage: float) -> Layer:
    """Linear discriminants of the songs (Fisher 1936): directions in which slices and versions of one song differ least
    beside how songs differ, the first ones longest. `shrinkage`, 0…1, says how little the songs' own spread is believed.
    """
    songs = np.unique(slices.song)
    means = np.stack([slices.hidden[slices.song == song].mean(0) for song in songs])
    apart = np.concatenate([slices.hidden[slices.song == song] - mean for song, mean in zip(songs, means)])
    within = apart.T @ apart / max(1, len(apart) - len(songs))
    centre = means.mean(0)
    between = (means - centre).T @ (means - centre) / max(1, len(songs) - 1)
    within = (1.0 - shrinkage) * within + shrinkage * np.eye(len(within)) * np.trace(within + between) / len(within)
    values, directions = np.linalg.eigh(within)
    whitening = directions / np.sqrt(values) @ directions.T
    values, directions = np.linalg.eigh(whitening @ between @ whitening)
    weight = directions[:, ::-1][:, :NUMBERS].T @ whitening
    return Layer(weight, -weight @ centre)


def meant(names: list[str], tags: dict[str, Layer], slices: Slices) -> Layer:
    """Genres as the originals' tags mean them; `tags` by the networks' names, their tags in order."""
    count = len(slices.hidden[0]) // len(tags)
    weight, bias = np.zeros((len(names), len(slices.hidden[0]))), np.zeros(len(names))
    for place, (network, layer) in enumerate(tags.items()):
        answers = layer(slices.hidden[:, place * count : (place + 1) * count])
        mean, spread = answers.mean(0), answers.std(0)
        for index, tag in enumerate(layer.names):
            for row, name in enumerate(names):
                factor = MEANT[name].get(f"{network} {tag}", 0.0) / spread[index]
                weight[row, place * count : (place + 1) * count] += factor * layer.weight[index]
                bias[row] += factor * (layer.bias[index] - mean[index])
    return Layer(weight, bias)


def genres(slices: Slices, start: Layer, spread: np.ndarray, pull: float) -> Layer:
    """`start` with the genres of which no tag speaks learned by logistic regression, every genre counting alike; `pull` holds
    their weights small. The others stay as the originals' tags have them: learned from played scores they would be told by how
    a sound font sounds, which no recording does. Recordings whose genre nobody says are of none of the learned genres: singing
    without a band, loops and songs of other kinds, from which these have to be told as well."""
    known, others = slices.where(slices.genre >= 0), slices.where(slices.genre < 0)
    hidden, genre = torch.from_numpy(known.hidden), torch.from_numpy(known.genre.astype(np.int64))
    count = torch.bincount(genre, minlength=len(start.bias)).double()
    weights = torch.where(count > 0, count.sum() / (len(count) * count.clamp(min=1)), 0.0)
    free = torch.from_numpy((start.weight == 0.0).all(1).astype(np.float64))
    change = torch.zeros(start.weight.shape, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(start.bias), dtype=torch.float64, requires_grad=True)
    first = hidden @ torch.from_numpy(start.weight.T) + torch.from_numpy(start.bias)
    centred = (hidden - hidden.mean(0)) / torch.from_numpy(spread)
    elsewhere = torch.from_numpy(others.hidden)
    first_elsewhere = elsewhere @ torch.from_numpy(start.weight.T) + torch.from_numpy(start.bias)
    centred_elsewhere = (elsewhere - hidden.mean(0)) / torch.from_numpy(spread)
    optimiser = torch.optim.LBFGS([change, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def answers(first: torch.Tensor, centred: torch.Tensor) -> torch.Tensor:
        return first + centred @ (change * free[:, None]).T + bias * free

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        total = cross_entropy(answers(first, centred), genre, weight=weights) + pull * ((change**2).sum() + (bias**2).sum())
        if len(elsewhere):
            shares = torch.softmax(answers(first_elsewhere, centred_elsewhere), 1)
            total = total - torch.log((shares * (1.0 - free)).sum(1)).mean()
        total.backward()
        return total

    optimiser.step(loss)
    learned = ((change * free[:, None]).detach().numpy()) / spread
    return Layer(start.weight + learned, start.bias + (bias * free).detach().numpy() - learned @ hidden.mean(0).numpy())
