"""The chord network. models/src/networks/chords runs the same.

Every layer shares its weights among the twelve pitch classes: a block for each interval, so what is learned in one key
holds in all of them.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES, QUALITIES, BEATS = 12, 10, 5
CLASS_FEATURES, SHARED_FEATURES = 34, 48
FEATURES = CLASSES * CLASS_FEATURES + SHARED_FEATURES
MELODY_STEPS = (4, 8, 16)
CHORDS = CLASSES * QUALITIES
HEADS = BEATS * QUALITIES + 1 + 2 + len(MELODY_STEPS)
FEATURE_LIMIT = 4.0


class Circulant(nn.Module):
    """A linear layer `[class * in]` to `[class * out]` with weights `[out][in][interval]`; `shared` numbers more go to all
    classes alike."""

    def __init__(self, inputs: int, out: int, shared: int = 0):
        super().__init__()
        spread = 1.0 / math.sqrt(CLASSES * inputs + shared)
        self.weight = nn.Parameter(spread * torch.randn(out, inputs, CLASSES))
        self.bias = nn.Parameter(torch.zeros(out))
        if shared:
            self.shared = nn.Parameter(spread * torch.randn(out, shared))
        classes = torch.arange(CLASSES)
        self.register_buffer("interval", (classes[None, :] - classes[:, None]) % CLASSES, persistent=False)

    def whole(self) -> tuple[Tensor, Tensor]:
        """Weight `[class * out][class * in]` and bias `[class * out]`."""
        weight = self.weight[:, :, self.interval].permute(2, 0, 3, 1).flatten(2).flatten(0, 1)
        return weight, self.bias.repeat(CLASSES)

    def forward(self, classes: Tensor, shared: Tensor | None = None) -> Tensor:
        out = F.linear(classes, *self.whole())
        return out if shared is None else out + F.linear(shared, self.shared).repeat(1, 1, CLASSES)


class CirculantGru(nn.Module):
    """A GRU whose two products are circulant."""

    def __init__(self, hidden: int):
        super().__init__()
        self.input, self.state = Circulant(hidden, 3 * hidden), Circulant(hidden, 3 * hidden)
        order = torch.arange(CLASSES * 3 * hidden).view(CLASSES, 3, hidden).transpose(0, 1).flatten()
        self.register_buffer("order", order, persistent=False)
        self.units = CLASSES * hidden

    def forward(self, x: Tensor) -> Tensor:
        (input_weight, input_bias), (state_weight, state_bias) = self.input.whole(), self.state.whole()
        weights = [input_weight, state_weight, input_bias, state_bias]
        start = torch.zeros(1, x.shape[0], self.units, device=x.device)
        out, _ = torch._VF.gru(x, start, [each[self.order] for each in weights], True, 1, 0.0, self.training, False, True)
        return out


class ChordNet(nn.Module):
    """Features `[song][beat][FEATURES]` to logits."""

    def __init__(self, hidden: int, dropout: float = 0.0):
        super().__init__()
        self.hidden = hidden
        self.encoder = Circulant(CLASS_FEATURES, hidden, SHARED_FEATURES)
        self.deeper = Circulant(hidden, hidden)
        self.gru = CirculantGru(hidden)
        self.heads = Circulant(hidden, HEADS)
        self.silent = nn.Linear(hidden, BEATS)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """`chords` `[song][beat][ahead][CHORDS + 1]`, the last is "none"; `bass` `[song][beat][class]`; `keys`
        `[song][beat][2 * class]`, majors first; `melody` `[song][beat][forecast][class]`."""
        classes, shared = features.clamp(-FEATURE_LIMIT, FEATURE_LIMIT).split([CLASSES * CLASS_FEATURES, SHARED_FEATURES], -1)
        encoded = self.dropout(F.silu(self.encoder(classes, shared)))
        encoded = self.dropout(encoded + F.silu(self.deeper(encoded)))
        encoded = encoded + self.dropout(self.gru(encoded))
        heads = self.heads(encoded).unflatten(-1, (CLASSES, HEADS))
        silent = self.silent(encoded.unflatten(-1, (CLASSES, self.hidden)).mean(-2))
        chords, bass, keys, melody = heads.split([BEATS * QUALITIES, 1, 2, len(MELODY_STEPS)], -1)
        chords = chords.unflatten(-1, (BEATS, QUALITIES)).transpose(2, 3).flatten(3)
        return {
            "chords": torch.cat([chords, silent[..., None]], -1),
            "bass": bass.squeeze(-1),
            "keys": keys.transpose(-1, -2).flatten(2),
            "melody": melody.transpose(-1, -2),
        }
