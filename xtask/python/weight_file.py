"""Songweave's weight files as converters write them: safetensors in half precision.

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
