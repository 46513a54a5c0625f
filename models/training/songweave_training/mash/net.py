"""The mash network as PyTorch trains it: one of the trunks that are compared, and who leads.

models/src/networks/mash/layers.rs runs the trunk that ships; the golden test holds the two together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from songweave_training.mash.trunks import FEATURES, PARTS, TRUNKS, WindowAttention

FEATURE_LIMIT = 4.0
"""Features are clamped to -FEATURE_LIMIT…FEATURE_LIMIT before anything else sees them."""


@dataclass(frozen=True)
class Shape:
    """Kind and sizes of the network, table [network] of the configuration. What a trunk does not have stays 0."""

    trunk: str
    hidden: int
    heads: int = 0
    head_size: int = 0
    window: int = 0
    every: int = 1
    groups: int = 0
    channels: int = 0
    layers: int = 0
    dropout: float = 0.0


class MashNet(nn.Module):
    """Shares of the parts in each of two songs, and who leads each part. Causal; starts from silence."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.trunk = TRUNKS[shape.trunk](shape)
        self.lead = nn.Linear(self.trunk.state, PARTS, bias=False)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """`features` [pair][song][hop][192] -> logits of the shares [pair][song][hop][part][band] and of the lead
        [pair][hop][part] (0 = nobody, negative = A, positive = B)."""
        songs = features.flatten(0, 1).clamp(-FEATURE_LIMIT, FEATURE_LIMIT)
        logits, state = self.trunk(songs)
        claims = self.lead(state).unflatten(0, (-1, 2))
        return logits.unflatten(0, (-1, 2)), claims[:, 1] - claims[:, 0]


@torch.no_grad()
def macs_per_hop(net: MashNet, hops: int = 64) -> int:
    """Multiplications of one hop of both songs, counted at every layer with weights. The products of
    attention with its memory, a few per cent, are left out."""
    count = 0

    def hear(layer: nn.Module, inputs: tuple[Tensor, ...], _: object) -> None:
        nonlocal count
        if isinstance(layer, nn.Conv1d):
            _, channels, places = inputs[0].shape
            out = (places + 2 * layer.padding[0] - layer.dilation[0] * (layer.kernel_size[0] - 1) - 1) // layer.stride[0] + 1
            count += inputs[0].shape[0] * out * layer.weight.numel()
        elif isinstance(layer, (nn.Linear, nn.GRU, WindowAttention)):
            rows = inputs[0].numel() // inputs[0].shape[-1]
            count += rows * sum(weight.numel() for weight in layer.parameters() if weight.dim() == 2)

    hooks = [layer.register_forward_hook(hear) for layer in net.modules()]
    net(torch.zeros(1, 2, hops, FEATURES))
    for hook in hooks:
        hook.remove()
    return count // hops
