"""Reading what `cargo xtask dataset` wrote."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def read_facts(data: Path, name: str) -> dict:
    """What a set says of itself in `set.json`; `name` is the command's name for it."""
    try:
        return json.loads((data / "set.json").read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise SystemExit(f"{data / 'set.json'}: {error}; run `cargo xtask dataset {name}` first") from error


def read_arrays(path: Path, name: str) -> dict[str, np.ndarray]:
    """The arrays of one file of a set."""
    try:
        return load_file(path)
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror or error}; run `cargo xtask dataset {name}` first") from error
