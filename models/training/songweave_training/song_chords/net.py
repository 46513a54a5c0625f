"""The chord network of whole songs. models/src/networks/chords/song.rs runs the same.

Every layer shares its weights among the twelve pitch classes, as the network that plays along does.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from songweave_training.chords.net import CLASSES, FEATURE_LIMIT, QUALITIES, Circulant, CirculantGru

CLASS_FEATURES, SHARED_FEATURES = 32, 46
FEATURES = CLASSES * CLASS_FEATURES + SHARED_FEATURES
HEADS = QUALITIES + 1 + 2


class SongChordNet(nn.Module):
    """Features `[song][beat][FEATURES]` to logits; hears the beats before and after."""

    def __init__(self, hidden: int, dropout: float = 0.0):
        super().__init__()
        self.hidden = hidden
        self.encoder = Circulant(CLASS_FEATURES, hidden, SHARED_FEATURES)
        self.deeper = Circulant(hidden, hidden)
        self.forward_gru, self.backward_gru = CirculantGru(hidden), CirculantGru(hidden)
        self.heads = Circulant(hidden, HEADS)
        self.shared = nn.Linear(hidden, 2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """`chords` `[song][beat][CHORDS + 1]`, the last is "none"; `bass` `[song][beat][class]`; `keys`
        `[song][beat][2 * class]`, majors first; `change` `[song][beat]`."""
        classes, shared = features.clamp(-FEATURE_LIMIT, FEATURE_LIMIT).split([CLASSES * CLASS_FEATURES, SHARED_FEATURES], -1)
        encoded = self.dropout(F.silu(self.encoder(classes, shared)))
        encoded = self.dropout(encoded + F.silu(self.deeper(encoded)))
        before, after = self.forward_gru(encoded), self.backward_gru(encoded.flip(1)).flip(1)
        encoded = encoded + self.dropout(before) + self.dropout(after)
        heads = self.heads(encoded).unflatten(-1, (CLASSES, HEADS))
        silent, change = self.shared(encoded.unflatten(-1, (CLASSES, self.hidden)).mean(-2)).unbind(-1)
        chords, bass, keys = heads.split([QUALITIES, 1, 2], -1)
        return {
            "chords": torch.cat([chords.flatten(2), silent[..., None]], -1),
            "bass": bass.squeeze(-1),
            "keys": keys.transpose(-1, -2).flatten(2),
            "change": change,
        }
