"""The baseline that Songweave grew from: pix2pix, from the voice's spectrogram to the accompaniment's.

Isola, Zhu, Zhou and Efros, "Image-to-image translation with conditional adversarial networks" (2017): a U-Net generator,
a discriminator that judges patches, and the mean absolute error. Narrower than theirs, as large as all networks of
Accompany together may be. Normalised per picture, which is what theirs does with the batches of one that it trains with.
"""

import torch
from torch import Tensor, nn

KERNEL, STRIDE, PADDING = 4, 2, 1
SLOPE = 0.2
DROPOUT_LEVELS = 2
"""Decoder levels with dropout, from the deepest: the generator's only noise."""


def _norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


class Generator(nn.Module):
    """`[batch][1][bin][frame]` to the same; bins and frames are multiples of `2 ** len(widths)`, values -1…1."""

    def __init__(self, widths: list[int], dropout: float):
        super().__init__()
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (before, width) in enumerate(zip([1, *widths], widths)):
            layers = [nn.LeakyReLU(SLOPE)] if level > 0 else []
            layers.append(nn.Conv2d(before, width, KERNEL, STRIDE, PADDING))
            self.down.append(nn.Sequential(*layers, *([_norm(width)] if level > 0 else [])))
        for level in reversed(range(len(widths))):
            deepest, outermost = level == len(widths) - 1, level == 0
            before, width = widths[level] * (1 if deepest else 2), 1 if outermost else widths[level - 1]
            layers = [nn.ReLU(), nn.ConvTranspose2d(before, width, KERNEL, STRIDE, PADDING)]
            if not outermost:
                layers.append(_norm(width))
            if not outermost and level >= len(widths) - DROPOUT_LEVELS:
                layers.append(nn.Dropout(dropout))
            self.up.append(nn.Sequential(*layers))

    def forward(self, voice: Tensor) -> Tensor:
        known = []
        for layer in self.down:
            voice = layer(voice)
            known.append(voice)
        found = known.pop()
        for layer in self.up:
            found = layer(found)
            if known:
                found = torch.cat([found, known.pop()], 1)
        return torch.tanh(found)


class Discriminator(nn.Module):
    """Whether each patch of an accompaniment is a true one, given the voice: logits `[batch][1][patch][patch]`."""

    def __init__(self, widths: list[int]):
        super().__init__()
        layers, before = [], 2
        for level, width in enumerate(widths):
            stride = 1 if level == len(widths) - 1 else STRIDE
            layers.append(nn.Conv2d(before, width, KERNEL, stride, PADDING))
            layers += ([_norm(width)] if level > 0 else []) + [nn.LeakyReLU(SLOPE)]
            before = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, 1, KERNEL, 1, PADDING))

    def forward(self, voice: Tensor, band: Tensor) -> Tensor:
        return self.layers(torch.cat([voice, band], 1))


def begin(net: nn.Module) -> None:
    """Weights as in the paper's appendix: normally distributed with a deviation of 0.02."""
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
            nn.init.zeros_(module.bias)
