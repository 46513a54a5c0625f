"""A small made-up feature set: four parts with a spectral shape each. For tests and speed, not for music."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from songweave_training.mash.data import FORMAT
from songweave_training.mash.trunks import BANDS, PARTS

HOPS = 256


def bands_hz() -> list[float]:
    """Centres of 96 bands, evenly spaced on the ERB-rate scale from 20 Hz to 20 kHz, as the plugin places them."""
    low, high = (21.4 * np.log10(1.0 + 0.00437 * hz) for hz in (20.0, 20_000.0))
    return ((10.0 ** (np.linspace(low, high, BANDS) / 21.4) - 1.0) / 0.00437).tolist()


REAL = ("1.One", "2.Two", "3.Three")
"""Names of the songs that stand for real ones; every third shard blends one of them with made ones."""


def write_set(directory: Path, clips: int, seed: int) -> None:
    """Writes `set.json` and shards of `clips` clips: a made one, one of each real song and a blend to train on, and a
    made one to validate by."""
    directory.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    facts = {"bands_hz": bands_hz(), "hop_seconds": 512 / 44_100, "sources": ["synthetic"]}
    (directory / "set.json").write_text(json.dumps(facts))
    groups = {"train-synthetic": ["made"], "validation-synthetic": ["kept"], "train-blend.1.One": ["1.One", "made"]}
    groups |= {f"train-real.{song}": [song] for song in REAL}
    for name, songs in groups.items():
        label = json.dumps({"format": FORMAT, "seed": seed, "rate": 44_100, "songs": songs})
        save_file(_clips(draw, clips), directory / f"{name}-0000.safetensors", {"songweave": label})


def _clips(draw: np.random.Generator, clips: int) -> dict[str, np.ndarray]:
    centre = np.array([45.0, 75.0, 12.0, 30.0])[:, None] + draw.normal(0.0, 4.0, (clips, 1, PARTS, 1))
    shape = np.exp(-0.5 * ((np.arange(BANDS) - centre) / 12.0) ** 2)
    beat = draw.random((clips, HOPS, PARTS, 1)) ** 4
    power = 0.01 * shape * beat + 1e-8
    whole = power.sum(axis=2)
    level = (10.0 * np.log10(whole + 1e-9) + 45.0) / 20.0
    features = np.concatenate([level, draw.random((clips, HOPS, BANDS)) * 0.3], axis=-1)
    part_level = 10.0 * np.log10(power.mean(axis=-1) + 1e-9)
    arrays = {"features": features, "shares": power / whole[:, :, None], "part_level": part_level}
    arrays |= {"chroma": draw.random((clips, HOPS, PARTS, 12)), "register": draw.random((clips, HOPS, PARTS))}
    arrays |= {"onset": draw.random((clips, HOPS, PARTS)) < 0.1, "known": np.ones((clips, PARTS))}
    arrays |= {"divided": np.ones(clips)}
    return {name: array.astype(np.float16) for name, array in arrays.items()}
