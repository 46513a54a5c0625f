"""The groove network: two autoregressive lines. models/src/networks/groove runs the same."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from songweave_training.groove.data import BAR, DRUM_LEVELS, DRUMS, HAND_LEVELS, HANDS, PHRASE, STYLES, TEMPI

DRUM_CONDITION = BAR + PHRASE + STYLES + 2
HAND_CONDITION = BAR + PHRASE + TEMPI + HANDS + 2


class Line(nn.Module):
    """Voices that have one of some levels in each step. A GRU hears the condition and what was played a step and a bar ago;
    within a step each voice also hears the voices before it."""

    def __init__(self, voices: int, levels: int, condition: int, hidden: int):
        super().__init__()
        self.voices, self.levels = voices, levels
        played = voices * (levels - 1)
        self.gru = nn.GRU(condition + 2 * played, hidden, batch_first=True)
        self.head = nn.Linear(hidden, voices * levels)
        self.within = nn.Parameter(torch.zeros(voices * levels, played))
        before = torch.arange(voices).repeat_interleave(levels)[:, None] > torch.arange(voices).repeat_interleave(levels - 1)
        self.register_buffer("before", before.float(), persistent=False)

    def forward(self, condition: Tensor, levels: Tensor, dropout: float = 0.0) -> Tensor:
        """Logits [stretch][step][voice][level] of levels that are known (negative: nothing)."""
        played = functional.one_hot(levels.clamp(min=0), self.levels)[..., 1:].flatten(2).float()
        past = [functional.pad(played, (0, 0, steps, 0))[:, : played.shape[1]] for steps in (1, BAR)]
        # A step is forgotten as a whole, not voice by voice.
        past = [x * (torch.rand(*x.shape[:2], 1) >= dropout) for x in past] if dropout > 0.0 else past
        state, _ = self.gru(torch.cat([condition, *past], dim=-1))
        logits = self.head(state) + played @ (self.within * self.before).T
        return logits.unflatten(-1, (self.voices, self.levels))


class GrooveNet(nn.Module):
    """Drums and hands."""

    def __init__(self, drums: int, hands: int):
        super().__init__()
        self.drums = Line(DRUMS, DRUM_LEVELS, DRUM_CONDITION, drums)
        self.hands = Line(HANDS, HAND_LEVELS, HAND_CONDITION, hands)


def loss_of(logits: Tensor, levels: Tensor) -> Tensor:
    """Cross entropy in nats a step, all voices together."""
    voices = functional.cross_entropy(logits.flatten(0, 2), levels.flatten(), ignore_index=-1, reduction="sum")
    return voices / (levels[..., 0] >= 0).sum()


class Marginals:
    """The baseline: how often each level of each voice is at a step of the bar, by style or tempo."""

    def __init__(self, condition: Tensor, levels: Tensor, kinds: int, count: int):
        place, kind, known = _places(condition, levels, kinds)
        counts = torch.ones(kinds, BAR, levels.shape[-1], count) * 0.5
        hot = functional.one_hot(levels.clamp(min=0), count).float()
        counts.index_put_((kind[known], place[known]), hot[known], accumulate=True)
        self.kinds, self.chances = kinds, (counts / counts.sum(-1, keepdim=True)).log()

    def loss(self, condition: Tensor, levels: Tensor) -> Tensor:
        """Cross entropy in nats a step, as [`loss_of`]."""
        place, kind, _ = _places(condition, levels, self.kinds)
        return loss_of(self.chances[kind, place], levels)


def _places(condition: Tensor, levels: Tensor, kinds: int) -> tuple[Tensor, Tensor, Tensor]:
    kind = condition[..., BAR + PHRASE : BAR + PHRASE + kinds].argmax(-1)
    return condition[..., :BAR].argmax(-1), kind, levels[..., 0] >= 0
