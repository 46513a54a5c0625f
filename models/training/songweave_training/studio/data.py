"""Clips as `mixtures` writes them, and windows of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songweave_training.studio.net import FRAMES


@dataclass
class Batch:
    """Windows that end now."""

    magnitudes: Tensor
    """What the network hears, `[window][channel][frame][bin]`."""
    taught: Tensor
    """Shares of the vocals in the judged frames, as the original says; `[window][channel][frame][bin]`, 0…1."""
    known: Tensor
    """The same as it is; where nobody knows, as the original says."""


class Clips:
    """The clips of a split."""

    def __init__(self, folder: Path, split: str):
        self._paths = sorted(folder.glob(f"{split}-*.npz"))
        if not self._paths:
            raise SystemExit(f"{folder}: there is no clip of the split {split}; write some by songweave_training.studio.mixtures")

    def __len__(self) -> int:
        return len(self._paths)

    def windows(self, clip: int, newest: np.ndarray, judged: tuple[int, int]) -> Batch:
        """Windows of a clip whose last frames are `newest`; silence before the clip. Judged are the frames from
        `judged[0]` before a window's end to `judged[1]` before it."""
        with np.load(self._paths[clip]) as file:
            arrays = [file[name] for name in ("magnitudes", "taught", "known")]
        padded = [np.pad(array, ((0, 0), (FRAMES, 0), (0, 0))) for array in arrays]
        ends = newest + 1 + FRAMES
        heard = np.stack([padded[0][:, end - FRAMES : end] for end in ends]).astype(np.float32)
        shares = [np.stack([array[:, end - judged[0] : end - judged[1]] for end in ends]) for array in padded[1:]]
        return Batch(torch.from_numpy(heard), *(torch.from_numpy(share.astype(np.float32) / 255.0) for share in shares))

    def draw(self, draw: np.random.Generator, clips: int, windows: int, judged: tuple[int, int]) -> Batch:
        """Some windows of each of some clips, all from anywhere."""
        chosen = [int(clip) for clip in draw.integers(0, len(self), clips)]
        return joined([self.windows(clip, draw.integers(judged[0], 512, windows), judged) for clip in chosen])


def joined(batches: list[Batch]) -> Batch:
    """Some batches as one."""
    return Batch(*(torch.cat([getattr(batch, name) for batch in batches]) for name in ("magnitudes", "taught", "known")))
