"""Checkpoints: everything that a run needs to go on exactly where it stopped."""

import os
from pathlib import Path

import torch

NAME = "checkpoint.pt"


def save(directory: Path, state: dict) -> None:
    """Writes a checkpoint; an interrupted write leaves the previous one."""
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f"{NAME}.partial"
    torch.save(state, temporary)
    os.replace(temporary, directory / NAME)


def load(directory: Path) -> dict:
    """Reads the checkpoint of a run."""
    path = directory / NAME
    if not path.is_file():
        raise SystemExit(f"{path}: there is no checkpoint; train without --resume first")
    return torch.load(path, map_location="cpu", weights_only=True)
