"""Studio's network: Spleeter's U-Net as it ships, on a window of frames that ends now.

Batch normalisation is folded into a factor and a summand for each channel, as in the weight file, and stays so."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 6
FRAMES = 64
"""Frames of a window."""
BINS = 1024
"""Bins of a frame, from 0 Hz."""
SLOPE = 0.2
REACH = 3
"""Frames on either side that the last layer sees."""
SMALL = 1_000_000
"""Layers with fewer weights than this are trained: what they learn is small enough to be kept beside the fetched weights."""


class StudioNet(nn.Module):
    """Magnitudes `[window][channel][frame][bin]` to the share of the accompaniment in the newest frames, 0…1."""

    def __init__(self, weights: Path):
        super().__init__()
        self.weights = nn.ParameterDict()
        for name, value in load_file(weights).items():
            learns = value.numel() < SMALL
            self.weights[key_of(name)] = nn.Parameter(value.float(), requires_grad=learns)

    def take(self, name: str) -> Tensor:
        """The weights of that name in the weight file."""
        return self.weights[key_of(name)]

    def named(self) -> dict[str, Tensor]:
        """All weights under their names in the weight file."""
        return {key.replace("/", "."): value for key, value in self.weights.items()}

    def forward(self, magnitudes: Tensor, newest: int) -> Tensor:
        """The share of the accompaniment in each bin of the `newest` frames."""
        return torch.sigmoid(self.logits(magnitudes, newest))

    def logits(self, magnitudes: Tensor, newest: int) -> Tensor:
        """The same before its sigmoid. Rows of the way up that only older frames need are left out."""
        heard, x = [], magnitudes
        for level in range(1, LEVELS + 1):
            answer = self._down(x, level)
            heard.append(answer)
            if level < LEVELS:
                x = functional.leaky_relu(self._scaled(answer, f"down{level}"), SLOPE)
        first = [max(0, magnitudes.shape[2] - newest - REACH)]
        for _ in range(LEVELS - 1):
            first.append(max(0, (first[-1] - REACH) // 2))
        first.reverse()
        below, came = None, 0
        for step in range(1, LEVELS + 1):
            start = max(0, (first[step - 1] - REACH) // 2)
            beside = heard[LEVELS - step][:, :, start:]
            below = beside if below is None else torch.cat([beside, below[:, :, start - came :]], 1)
            came = first[step - 1]
            below = self._up(below, step)[:, :, came - 2 * start :]
        above = newest + REACH - below.shape[2]
        padded = functional.pad(below, (REACH, REACH, max(0, above), REACH))
        return functional.conv2d(padded, self.take("last.weight"), self.take("last.bias"), dilation=2)

    def _down(self, x: Tensor, level: int) -> Tensor:
        padded = functional.pad(x, (1, 2, 1, 2))
        return functional.conv2d(padded, self.take(f"down{level}.weight"), self.take(f"down{level}.bias"), stride=2)

    def _up(self, x: Tensor, step: int) -> Tensor:
        raised = functional.conv_transpose2d(x, self.take(f"up{step}.weight"), self.take(f"up{step}.bias"), stride=2)
        return self._scaled(functional.relu(raised[:, :, 1:-2, 1:-2]), f"up{step}")

    def _scaled(self, x: Tensor, name: str) -> Tensor:
        return x * self.take(f"{name}.scale")[:, None, None] + self.take(f"{name}.shift")[:, None, None]


def key_of(name: str) -> str:
    """Torch takes dots in names for folders."""
    return name.replace(".", "/")
