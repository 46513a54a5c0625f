"""Sets as `cargo xtask dataset pix2pix` writes them: sung songs and their accompaniments."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songweave_training.loop.sets import read_facts
from songweave_training.pix2pix.sound import picture, read_wav, spectrum

FORMAT = 1


class Pix2pixSet:
    """The songs of one split as pictures in half precision (steps of at most 0.05 dB)."""

    def __init__(self, data: Path, split: str):
        found = read_facts(data, "pix2pix")["format"]
        if found != FORMAT:
            raise SystemExit(f"{data}: format {found}, wanted {FORMAT}; make the set anew")
        self.names = sorted(path.name.removesuffix(".band.wav") for path in (data / split).glob("*.band.wav"))
        if not self.names:
            raise SystemExit(f"{data / split}: no songs; run `cargo xtask dataset pix2pix` with more of them")
        self.folder = data / split
        self.pairs = [tuple(self._picture(name, kind) for kind in ("voice", "band")) for name in self.names]

    def _picture(self, name: str, kind: str) -> Tensor:
        return picture(spectrum(torch.from_numpy(self.samples(name, kind)))).half()

    def samples(self, name: str, kind: str) -> np.ndarray:
        """Sound of a song: its voice or its band."""
        return read_wav(self.folder / f"{name}.{kind}.wav")

    def patch(self, draw: np.random.Generator, frames: int) -> tuple[Tensor, Tensor]:
        """Voice and accompaniment somewhere in some song, `[1][bin][frame]` each; longer songs come more often."""
        starts = np.array([max(0, voice.shape[1] - frames + 1) for voice, _ in self.pairs])
        if starts.sum() == 0:
            raise SystemExit(f"{self.folder}: no song has {frames} frames; make the set with more --seconds")
        at = int(draw.integers(starts.sum()))
        song = int(np.searchsorted(np.cumsum(starts), at, side="right"))
        from_frame = at - int(starts[:song].sum())
        voice, band = (x[:, from_frame : from_frame + frames].float()[None] for x in self.pairs[song])
        return voice, band
