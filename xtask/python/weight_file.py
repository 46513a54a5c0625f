"""Songweave's weight files as converters write them: safetensors in half precision. And what training learned beyond
weights that others made: differences in four bits.

Written here since `cargo xtask bundle` checks the digest of what a conversion gives, and the package safetensors may order and align
a file otherwise in its next version."""

import json
import struct
from pathlib import Path

import numpy as np


def write(path: Path, named: dict[str, np.ndarray], facts: dict) -> None:
    """Writes tensors by name, with what Songweave has to know of them."""
    header: dict[str, dict] = {"__metadata__": {"songweave": json.dumps(facts)}}
    content = b""
    for key in sorted(named):
        numbers = named[key].astype("<f2").tobytes()
        places = [len(content), len(content) + len(numbers)]
        header[key] = {"dtype": "F16", "shape": list(named[key].shape), "data_offsets": places}
        content += numbers
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)


def read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Tensors by name, and what the file says of them."""
    content = path.read_bytes()
    [size] = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    facts = json.loads(header.pop("__metadata__")["songweave"])
    kinds = {"F16": "<f2", "U8": "u1"}
    named = {}
    for key, entry in header.items():
        begin, end = (8 + size + place for place in entry["data_offsets"])
        named[key] = np.frombuffer(content[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return named, facts


def with_learned(named: dict[str, np.ndarray], path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Tensors with what training added to them, from half precision on, and what the file says of it. In it a tensor is as it is, or two
    differences in each byte, the first in its lower half and 8 for none; `NAME.step` is then what one is worth, for each channel."""
    added, facts = read(path)
    tuned = {key: value.astype("<f2").astype("<f4") for key, value in named.items()}
    for key, value in added.items():
        name = key.removesuffix(".step")
        if name not in tuned:
            raise ValueError(f"{path}: `{name}` is no tensor of this network")
        if key != name:
            continue
        if f"{key}.step" in added:
            halves = np.stack([value & 15, value >> 4], -1).reshape(-1)[: tuned[key].size]
            value = (halves.astype("<f4") - 8.0).reshape(tuned[key].shape) * added[f"{key}.step"].astype("<f4")
        tuned[key] = tuned[key] + value.astype("<f4")
    return tuned, facts
