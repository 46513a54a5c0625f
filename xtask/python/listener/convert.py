"""From the open weights of MSD_musicnn and MTT_musicnn, as the package musicnn brings them, to Songweave's weight file for
the listener: all their layers up to the last hidden ones. The two layers on these are random; they are what
`cargo xtask train listener` learns.

Most filters of the originals were driven to zero by their training and answer the same whatever they hear. They are left
out, and what they answer goes into the layers after them, so nothing changes.

The tags of the originals, which the learning begins at, go into a second file.

usage: convert.py OUT.safetensors TAGS.safetensors"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parent.parent))
import weight_file
from musicnn_net import BANDS, EPSILON, FRAMES, HOP, RATE, TEMPORAL, TIMBRAL, weights

TAGGERS = {"msd": "MSD_musicnn", "mtt": "MTT_musicnn"}
TAGS = {
    "msd": (
        "rock,pop,alternative,indie,electronic,female vocalists,dance,00s,alternative rock,jazz,beautiful,metal,chillout,"
        "male vocalists,classic rock,soul,indie rock,Mellow,electronica,80s,folk,90s,chill,instrumental,punk,oldies,blues,"
        "hard rock,ambient,acoustic,experimental,female vocalist,guitar,Hip-Hop,70s,party,country,easy listening,sexy,catchy,"
        "funk,electro,heavy metal,Progressive rock,60s,rnb,indie pop,sad,House,happy"
    ).split(","),
    "mtt": (
        "guitar,classical,slow,techno,strings,drums,electronic,rock,fast,piano,ambient,beat,violin,vocal,synth,female,indian,"
        "opera,male,singing,vocals,no vocals,harpsichord,loud,quiet,flute,woman,male vocal,no vocal,pop,soft,sitar,solo,man,"
        "classic,choir,voice,new age,dance,male voice,female vocal,beats,harp,cello,no voice,weird,country,metal,female voice,"
        "choral"
    ).split(","),
}
"""What the originals' last layers answer, in order."""
HIDDEN, NUMBERS, GENRES = 200, 100, 16
MIDDLES = 3
DEAD = 1e-4
"""Filters whose largest weight is below this answer a constant."""


def affine(known: dict[str, np.ndarray], index: int) -> tuple[np.ndarray, np.ndarray]:
    """Batch normalisation as a factor and a summand for each channel."""
    name = "batch_normalization" + (f"_{index}" if index else "")
    gamma, beta, mean, variance = (known[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance"))
    scale = gamma / np.sqrt(variance + EPSILON)
    return scale, beta - mean * scale


def tagger(known: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[list[int]]]:
    """One network under Songweave's names, and filters, rows and columns of its first layers."""
    named = {}

    def put(name: str, weight: np.ndarray, bias: np.ndarray, norm: tuple[np.ndarray, np.ndarray]) -> None:
        named[f"{name}.weight"], named[f"{name}.bias"] = weight, bias
        named[f"{name}.scale"], named[f"{name}.shift"] = norm

    named["level.scale"], named["level.shift"] = affine(known, 0)
    alive, constants, shapes = [], [], []
    for index, name in enumerate(TIMBRAL + TEMPORAL):
        kernel = known[f"{name}/kernel"]
        kernel = kernel.reshape(*kernel.shape[:2], -1).transpose(2, 0, 1)
        bias, (scale, shift) = known[f"{name}/bias"], affine(known, index + 1)
        live = np.abs(kernel).max((1, 2)) >= DEAD
        alive.append(live)
        constants.append(np.maximum(bias, 0.0) * scale + shift)
        shapes.append([int(live.sum()), *kernel.shape[1:]])
        put(f"front{index + 1}", kernel[live], bias[live], (scale[live], shift[live]))
    alive, constants = np.concatenate(alive), np.concatenate(constants)
    for index in range(MIDDLES):
        kernel = known[f"conv2d_{5 + index}/kernel"]
        weight = kernel.reshape(kernel.shape[0], -1, kernel.shape[-1])
        if index == 0:
            # The last input is 1, as far as the picture goes: what the others answered.
            constant = np.einsum("fio,i->fo", weight[:, ~alive], constants[~alive])
            weight = np.concatenate([weight[:, alive], constant[:, None]], 1)
        put(f"middle{index + 1}", weight, known[f"conv2d_{5 + index}/bias"], affine(known, index + 6))
    # The normalisation before the dense layer is part of its product, and so is what does not change: highest and mean in turns.
    scale, shift = affine(known, 9)
    kernel = known["dense/kernel"]
    bias, kernel = known["dense/bias"] + shift @ kernel, (kernel * scale[:, None]).reshape(-1, 2, HIDDEN)
    front, rest = kernel[: len(alive)], kernel[len(alive) :]
    bias = bias + np.einsum("fpo,f->o", front[~alive], constants[~alive])
    kernel = np.concatenate([front[alive], np.zeros((1, 2, HIDDEN)), rest]).reshape(-1, HIDDEN)
    put("dense", kernel.T, bias, affine(known, 10))
    return named, shapes


def main() -> None:
    named, fronts = {}, []
    for name, network in TAGGERS.items():
        tensors, shapes = tagger(weights(network))
        named |= {f"{name}.{key}": tensor for key, tensor in tensors.items()}
        fronts.append(shapes)
    for name, outputs in (("vector", NUMBERS), ("genres", GENRES)):
        random = np.random.default_rng(outputs).standard_normal((outputs, len(TAGGERS) * HIDDEN))
        named[f"{name}.weight"], named[f"{name}.bias"] = 0.05 * random, np.zeros(outputs)
    named["map.weight"], named["map.bias"] = np.eye(2, NUMBERS), np.zeros(2)
    named["places"] = np.zeros((GENRES, 2))
    facts = {
        "format": 1,
        "kind": "listener",
        "name": "listener-0",
        "bands_hz": [],
        "parts": list(TAGGERS),
        "features": BANDS,
        "lookahead_hops": 0,
        "hop_seconds": [HOP / RATE],
        "seed": 0,
        "architecture": {"frames": FRAMES, "fronts": fronts},
        "training": {"began_from": "MSD_musicnn and MTT_musicnn (Pons and Serra, 2019; ISC), musicnn 0.1.0", "steps": 0},
    }
    weight_file.write(Path(sys.argv[1]), named, facts)
    tags = {name: weights(network) for name, network in TAGGERS.items()}
    layers = {f"{name}.weight": known["dense_1/kernel"].T for name, known in tags.items()}
    layers |= {f"{name}.bias": known["dense_1/bias"] for name, known in tags.items()}
    weight_file.write(Path(sys.argv[2]), layers, {"tags": TAGS})


if __name__ == "__main__":
    main()
