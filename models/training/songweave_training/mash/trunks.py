"""Trunks of the mash network: from the features of songs to the logits of their shares.

Each maps `songs` [clip][hop][192], where clips 2n and 2n + 1 are the songs A and B of a pair, to logits
[clip][hop][part][band] and to a state [clip][hop][`state`] from which the lead is read.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BANDS = 96
PARTS = 4
FEATURES = 2 * BANDS


class WindowAttention(nn.Module):
    """Attention of one song's states over a window of past states: its own or the other song's.

    Every `every`-th hop is a memory slot, and the last `window` slots are seen. A learned bias per head tells the age.
    """

    def __init__(self, shape):
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


def swapped(songs: Tensor) -> Tensor:
    """A in the place of B and B in the place of A."""
    return songs.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)


class Attention(nn.Module):
    """Two recurrent layers with attention over the recent past of both songs between them."""

    def __init__(self, shape):
        super().__init__()
        hidden, context = shape.hidden, shape.heads * shape.head_size
        self.state = 2 * hidden
        self.encoder = nn.Linear(FEATURES, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.drop = nn.Dropout(shape.dropout)
        self.gru1 = nn.GRU(hidden, hidden, batch_first=True)
        self.own = WindowAttention(shape)
        self.other = WindowAttention(shape)
        self.mix = nn.Linear(2 * context, hidden)
        self.gru2 = nn.GRU(hidden, hidden, batch_first=True)
        self.shares = nn.Linear(2 * hidden, PARTS * BANDS)

    def forward(self, songs: Tensor) -> tuple[Tensor, Tensor]:
        encoded = self.drop(F.silu(self.norm(self.encoder(songs))))
        heard, _ = self.gru1(encoded)
        context = torch.cat([self.own(heard, heard), self.other(heard, swapped(heard))], dim=-1)
        mixed = self.drop(heard + self.mix(context))
        decided, _ = self.gru2(mixed)
        state = self.drop(torch.cat([decided + mixed, encoded], dim=-1))
        return self.shares(state).unflatten(-1, (PARTS, BANDS)), state


class Recurrent(nn.Module):
    """Two recurrent layers; the songs know nothing of each other."""

    def __init__(self, shape):
        super().__init__()
        hidden = shape.hidden
        self.state = 2 * hidden
        self.encoder = nn.Linear(FEATURES, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.drop = nn.Dropout(shape.dropout)
        self.gru1 = nn.GRU(hidden, hidden, batch_first=True)
        self.gru2 = nn.GRU(hidden, hidden, batch_first=True)
        self.shares = nn.Linear(2 * hidden, PARTS * BANDS)

    def forward(self, songs: Tensor) -> tuple[Tensor, Tensor]:
        encoded = self.drop(F.silu(self.norm(self.encoder(songs))))
        heard, _ = self.gru1(encoded)
        decided, _ = self.gru2(self.drop(heard))
        state = self.drop(torch.cat([decided + heard, encoded], dim=-1))
        return self.shares(state).unflatten(-1, (PARTS, BANDS)), state


class Dilated(nn.Module):
    """Causal convolutions of two taps, each twice as far apart as in the layer before."""

    def __init__(self, shape):
        super().__init__()
        hidden = shape.hidden
        self.state = 2 * hidden
        self.encoder = nn.Linear(FEATURES, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.drop = nn.Dropout(shape.dropout)
        self.layers = nn.ModuleList(nn.Conv1d(hidden, hidden, 2, dilation=2**n) for n in range(shape.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(shape.layers))
        self.shares = nn.Linear(2 * hidden, PARTS * BANDS)

    def forward(self, songs: Tensor) -> tuple[Tensor, Tensor]:
        encoded = self.drop(F.silu(self.norm(self.encoder(songs))))
        heard = encoded
        for layer, norm in zip(self.layers, self.norms):
            past = F.pad(heard.transpose(1, 2), (layer.dilation[0], 0))
            heard = heard + F.silu(norm(layer(past).transpose(1, 2)))
        state = self.drop(torch.cat([heard, encoded], dim=-1))
        return self.shares(state).unflatten(-1, (PARTS, BANDS)), state


class SubBand(nn.Module):
    """Groups of neighbouring bands share one small recurrent network, before and after a full-band one with attention.

    After FullSubNet (Hao et al. 2021): what is learned of one register holds for all.
    """

    def __init__(self, shape):
        super().__init__()
        groups, channels, hidden = shape.groups, shape.channels, shape.hidden
        self.state, self.step = hidden, BANDS // groups
        self.split = nn.Conv1d(2, channels, 8 + self.step, stride=self.step, padding=4)
        self.place = nn.Parameter(0.1 * torch.randn(groups, channels))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))
        self.drop = nn.Dropout(shape.dropout)
        self.narrow1 = nn.GRU(channels, channels, batch_first=True)
        self.gather = nn.Linear(groups * channels, hidden)
        self.full = nn.GRU(hidden, hidden, batch_first=True)
        self.own = WindowAttention(shape)
        self.other = WindowAttention(shape)
        self.mix = nn.Linear(2 * shape.heads * shape.head_size, hidden)
        self.scatter = nn.Linear(hidden, groups * channels)
        self.beside = nn.Conv1d(channels, channels, 3, padding=1)
        self.narrow2 = nn.GRU(channels, channels, batch_first=True)
        self.shares = nn.Linear(channels, PARTS * self.step)

    def forward(self, songs: Tensor) -> tuple[Tensor, Tensor]:
        clips, hops = songs.shape[:2]
        split = self.split(songs.unflatten(-1, (2, BANDS)).flatten(0, 1)).transpose(1, 2)
        x = F.silu(split).unflatten(0, (clips, hops)) + self.place
        x = x + _over_time(self.narrow1, self.norms[0](x))
        heard, _ = self.full(self.drop(F.silu(self.gather(self.norms[1](x).flatten(2)))))
        context = torch.cat([self.own(heard, heard), self.other(heard, swapped(heard))], dim=-1)
        state = self.drop(heard + self.mix(context))
        x = x + self.scatter(state).unflatten(-1, x.shape[2:])
        beside = self.beside(self.norms[2](x).flatten(0, 1).transpose(1, 2)).transpose(1, 2)
        x = x + _over_time(self.narrow2, F.silu(beside).unflatten(0, (clips, hops)))
        logits = self.shares(x).unflatten(-1, (PARTS, self.step))
        return logits.transpose(2, 3).flatten(3), state


def _over_time(network: nn.GRU, x: Tensor) -> Tensor:
    """A recurrent network along the hops of every group by itself, [clip][hop][group][channel]."""
    out, _ = network(x.transpose(1, 2).flatten(0, 1))
    return out.unflatten(0, (x.shape[0], x.shape[2])).transpose(1, 2)


TRUNKS = {"attention": Attention, "recurrent": Recurrent, "dilated": Dilated, "subband": SubBand}
