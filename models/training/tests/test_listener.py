"""The listener's two layers are learned and written into its weight file."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from songweave_training.__main__ import read_config
from songweave_training.listener.data import ListenerSet
from songweave_training.listener.export import same_song, train
from songweave_training.listener.heads import MEANT, vectors
from tests import CONFIGS

HIDDEN, SONGS, SLICES = 200, 48, 8
GENRES = list(MEANT)


def write_set(folder: Path) -> None:
    """Songs that differ in a few numbers under noise that says nothing; latin pieces have a number of their own."""
    folder.mkdir()
    draw = np.random.default_rng(3)
    genre = np.arange(SONGS) % len(GENRES)
    songs = np.zeros((SONGS, 2 * HIDDEN))
    songs[:, :40] = draw.standard_normal((SONGS, 40))
    songs[np.arange(SONGS), 300 + genre] = 4.0
    song = np.repeat(np.arange(SONGS), SLICES)
    noise = np.concatenate([np.full(40, 0.3), np.full(2 * HIDDEN - 40, 1.0)])
    hidden = songs[song] + noise * draw.standard_normal((SONGS * SLICES, 2 * HIDDEN))
    split = np.array([0, 0, 0, 1, 2, 0])[song % 6]
    facts = np.stack([song, np.tile([0, 1], len(song) // 2), genre[song], split], 1)
    save_file({"hidden": hidden.astype(np.float32), "facts": facts.astype(np.int32)}, folder / "listener.safetensors")
    names = [f"library/style{index} a font 0" for index in range(SONGS)]
    facts = {"command": "dataset listener", "sources": [], "genres": GENRES, "songs": names}
    (folder / "set.json").write_text(json.dumps(facts))


def write_weights(path: Path) -> None:
    """A weight file with a tensor that the learning has to leave alone."""
    known = {"kind": "listener", "name": "listener-0", "training": {"began_from": "nothing"}}
    save_file({"msd.level.scale": np.ones(1, np.float16)}, path, {"songweave": json.dumps(known)})


def write_tags(path: Path) -> None:
    """Layers of tags that answer numbers 300 on as the genres' tags."""
    tags = {name: sorted({tag for said in MEANT.values() for tag in said if tag.startswith(name)}) for name in ("msd", "mtt")}
    draw, layers = np.random.default_rng(5), {}
    for name, said in tags.items():
        weight = 0.01 * draw.standard_normal((len(said), HIDDEN))
        layers |= {f"{name}.weight": weight.astype(np.float16), f"{name}.bias": np.zeros(len(said), np.float16)}
    names = {name: [tag.split(" ", 1)[1] for tag in said] for name, said in tags.items()}
    save_file(layers, path, {"songweave": json.dumps({"tags": names})})


class Listener(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        write_set(self.folder / "set")

    def test_slices_of_a_song_are_nearer_by_the_vectors_than_by_the_hidden_layers(self) -> None:
        source = ListenerSet([self.folder / "set"])
        slices = source.part(0)
        hidden = slices.hidden / np.linalg.norm(slices.hidden, axis=1, keepdims=True)
        alike = hidden @ hidden.T
        np.fill_diagonal(alike, -2.0)
        before = np.mean(slices.song[alike.argmax(1)] == slices.song)
        self.assertGreater(same_song(vectors(slices, 0.3), slices), before)

    def test_two_sets_are_one_with_songs_of_their_own(self) -> None:
        twice = ListenerSet([self.folder / "set", self.folder / "set"])
        self.assertEqual(len(np.unique(twice.all.song)), 2 * SONGS)

    def test_the_layers_are_written_and_the_rest_stays(self) -> None:
        weights = self.folder / "weights"
        weights.mkdir()
        write_weights(weights / "listener.safetensors")
        write_tags(self.folder / "tags.safetensors")
        train(read_config(CONFIGS / "listener.toml"), [self.folder / "set"], weights, self.folder / "tags.safetensors")
        found = load_file(weights / "listener.safetensors")
        shapes = {name: tensor.shape for name, tensor in found.items()}
        self.assertEqual(shapes["vector.weight"], (100, 2 * HIDDEN))
        self.assertEqual((shapes["genres.weight"], shapes["map.weight"], shapes["places"]), ((16, 2 * HIDDEN), (2, 100), (16, 2)))
        self.assertEqual(found["msd.level.scale"], 1.0)
        latin = GENRES.index("latin")
        self.assertEqual(np.abs(found["genres.weight"][latin].astype(np.float32)).argmax(), 300 + latin)
        with safe_open(weights / "listener.safetensors", "numpy") as file:
            self.assertEqual(json.loads(file.metadata()["songweave"])["name"], "listener-1")
        self.assertIn("accuracy", json.loads((weights / "listener.training.json").read_text())["figures"])


if __name__ == "__main__":
    unittest.main()
