"""The mash network as PyTorch trains it. models/src/mash/network.rs runs it; the golden test holds the two together."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BANDS = 96
PARTS = 4
FEATURES = 2 * BANDS
FEATURE_LIMIT = 4.0
"""Features are clamped to -FEATURE_LIMIT…FEATURE_LIMIT before anything else sees them."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network, table [network] of the configuration."""

    hidden: int
    heads: int
    head_size: int
    window: int
    every: int


class WindowAttention(nn.Module):
    """Attention of one song's states over a window of past states: its own or the other song's.

    Every `every`-th hop is a memory slot, and the last `window` slots are seen. A learned bias per head tells the age.
    """

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.project = nn.Linear(shape.hidden, 3 * shape.heads * shape.head_size)  # query, key, value
        self.age = nn.Parameter(0.1 * torch.randn(shape.heads, shape.window))

    def forward(self, asking: Tensor, remembered: Tensor) -> Tensor:
        """`asking` and `remembered` [clip][hop][hidden] -> [clip][hop][heads * head_size]."""
        shape, size = self.shape, self.shape.heads * self.shape.head_size
        weight, bias = self.project.weight, self.project.bias
        query = F.linear(asking, weight[:size], bias[:size])
        key, value = F.linear(remembered[:, :: shape.every], weight[size:], bias[size:]).chunk(2, dim=-1)
        scores = self._heads(query) @ self._heads(key).transpose(-1, -2) * shape.head_size**-0.5
        weights = torch.softmax(scores + self._age_bias(asking.shape[1], key.shape[1]), dim=-1)
        return (weights @ self._heads(value)).transpose(1, 2).flatten(2)

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.shape.heads, self.shape.head_size)).transpose(1, 2)

    def _age_bias(self, hops: int, slots: int) -> Tensor:
        """Bias per head, hop and slot; minus infinity where a slot is yet to come or too old."""
        newest = torch.arange(hops, device=self.age.device) // self.shape.every
        age = newest[:, None] - torch.arange(slots, device=self.age.device)[None, :]
        seen = (age >= 0) & (age < self.shape.window)
        bias = self.age[:, age.clamp(0, self.shape.window - 1)]
        return bias.masked_fill(~seen, float("-inf"))


class MashNet(nn.Module):
    """Shares of the parts in each of two songs, and who leads each part. Causal; starts from silence."""

    def __init__(self, shape: Shape):
        super().__init__()
        hidden, context = shape.hidden, shape.heads * shape.head_size
        self.encoder = nn.Linear(FEATURES, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.gru1 = nn.GRU(hidden, hidden, batch_first=True)
        self.own = WindowAttention(shape)
        self.other = WindowAttention(shape)
        self.mix = nn.Linear(2 * context, hidden)
        self.gru2 = nn.GRU(hidden, hidden, batch_first=True)
        self.shares = nn.Linear(2 * hidden, PARTS * BANDS)
        self.lead = nn.Linear(2 * hidden, PARTS, bias=False)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """`features` [pair][song][hop][192] -> logits of the shares [pair][song][hop][part][band] and of the lead
        [pair][hop][part] (0 = nobody, negative = A, positive = B)."""
        pairs = features.shape[0]
        songs = features.flatten(0, 1).clamp(-FEATURE_LIMIT, FEATURE_LIMIT)
        encoded = F.silu(self.norm(self.encoder(songs)))
        heard, _ = self.gru1(encoded)
        others = heard.unflatten(0, (pairs, 2)).flip(1).flatten(0, 1)
        context = torch.cat([self.own(heard, heard), self.other(heard, others)], dim=-1)
        mixed = heard + self.mix(context)
        decided, _ = self.gru2(mixed)
        state = torch.cat([decided + mixed, encoded], dim=-1)
        logits = self.shares(state).unflatten(-1, (PARTS, BANDS)).unflatten(0, (pairs, 2))
        claims = self.lead(state).unflatten(0, (pairs, 2))
        return logits, claims[:, 1] - claims[:, 0]


def parameters_of(net: nn.Module) -> int:
    """Number of trained numbers in a network."""
    return sum(parameter.numel() for parameter in net.parameters())
