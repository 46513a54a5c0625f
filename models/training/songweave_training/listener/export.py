"""Learns the listener's two layers and the map from a set, and writes them into the weight file that holds the rest."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import load_file
from safetensors.torch import save_file

from songweave_training.listener.data import TEST, TRAIN, VALIDATION, ListenerSet, Slices
from songweave_training.listener.heads import Layer, genres, meant, vectors
from songweave_training.loop.export import in_half

NAME = "listener-1"


def train(config: dict, data: list[Path], weights: Path, tags: Path) -> None:
    """Learns from the sets in `data`; `tags` are the originals' last layers as convert.py writes them."""
    source = ListenerSet(data)
    training, validation, test = (source.part(split) for split in (TRAIN, VALIDATION, TEST))
    settings = config["training"]
    start = meant(source.genres, read_tags(tags), training)
    head = genres(training, start, training.hidden.std(0) + 1e-6, settings["pull"])
    head = Layer(head.weight * settings["sharpness"], head.bias * settings["sharpness"])
    vector = vectors(training, settings["shrinkage"])
    new = test.where(source.is_new_style(test))
    figures = {
        "accuracy": {
            "validation": accuracy(head, validation),
            "test": accuracy(head, test),
            "test_new_styles": accuracy(head, new),
            "test_by_tags_alone": accuracy(start, test),
        },
        "same_song": {"validation": same_song(vector, validation), "test": same_song(vector, test)},
    }
    print(json.dumps(figures, indent=2))
    ship(weights, config, source, head, vector, training, figures)


def read_tags(path: Path) -> dict[str, Layer]:
    """The originals' last layers by the networks' names; each knows its tags."""
    with safe_open(path, "numpy") as file:
        names = json.loads(file.metadata()["songweave"])["tags"]
    arrays, layers = load_file(path), {}
    for network, tags in names.items():
        layers[network] = Layer(arrays[f"{network}.weight"].astype(np.float64), arrays[f"{network}.bias"].astype(np.float64))
        layers[network].names = tags
    return layers


def accuracy(head: Layer, slices: Slices) -> float:
    """Share of the songs whose likeliest genre, by the mean of their slices, is theirs; every genre counts alike."""
    known = slices.where(slices.genre >= 0)
    right: dict[int, list[bool]] = {}
    for song in np.unique(known.song):
        of_song = known.where(known.song == song)
        logits = head(of_song.hidden)
        shares = np.exp(logits - logits.max(1, keepdims=True))
        likeliest = (shares / shares.sum(1, keepdims=True)).mean(0).argmax()
        right.setdefault(int(of_song.genre[0]), []).append(likeliest == of_song.genre[0])
    return float(np.mean([np.mean(found) for found in right.values()]))


def same_song(vector: Layer, slices: Slices) -> float:
    """Share of the slices whose nearest other slice is of the same song."""
    unit = vector(slices.hidden)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -2.0)
    return float(np.mean(slices.song[alike.argmax(1)] == slices.song))


def ship(folder: Path, config: dict, source: ListenerSet, head: Layer, vector: Layer, training: Slices, figures: dict) -> None:
    """Writes the layers into `listener.safetensors` in `folder`, and `listener.training.json` beside it."""
    path = folder / "listener.safetensors"
    with safe_open(path, "pt") as file:
        known = json.loads(file.metadata()["songweave"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    unit = vector(training.hidden)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    plane, places = flat(unit, training.genre, len(source.genres))
    layers = {"vector": vector, "genres": head, "map": plane}
    learned = {f"{name}.{part}": torch.from_numpy(getattr(layer, part)) for name, layer in layers.items() for part in ("weight", "bias")}
    # Vectors are compared by their directions alone, so their length may be what half precision holds best.
    scale = float(learned["vector.weight"].abs().max())
    learned["vector.weight"], learned["vector.bias"] = learned["vector.weight"] / scale, learned["vector.bias"] / scale
    learned["places"] = torch.from_numpy(places)
    facts = {"began_from": known["training"]["began_from"], "songs": len(source.songs), "slices": len(training.song)}
    facts |= {"commands": [facts["command"] for facts in source.facts], "sources": source.facts[0]["sources"]}
    known |= {"name": NAME, "training": {"name": NAME} | facts}
    save_file(tensors | in_half(learned), path, {"songweave": json.dumps(known)})
    path.chmod(0o644)
    facts |= {"name": NAME, "config": config, "figures": figures}
    (folder / "listener.training.json").write_text(json.dumps(facts, indent=2) + "\n")


def flat(unit: np.ndarray, genre: np.ndarray, count: int) -> tuple[Layer, np.ndarray]:
    """A plane in which the genres lie apart: the two directions in which their means differ most, -1…1. And where they lie."""
    means = np.stack([unit[genre == index].mean(0) for index in range(count)])
    centre = means.mean(0)
    *_, directions = np.linalg.svd(means - centre, full_matrices=False)
    plane = directions[:2]
    scale = 0.85 / np.abs((means - centre) @ plane.T).max(0)
    weight = plane * scale[:, None]
    return Layer(weight, -weight @ centre), (means - centre) @ weight.T


