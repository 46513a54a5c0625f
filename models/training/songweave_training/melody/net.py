"""The melody network: an LSTM that hears event after event. models/src/networks/melody runs the same."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from songweave_training.melody.data import CHORD, CONTOUR, CORPORA, DURATIONS, LAGS, METERS, PHRASE, PITCHES, RANGE, REACH, STEPS, Stretch

PITCH_SIZE, DURATION_SIZE, LENGTH_HIDDEN = 16, 8, 64
INTERVALS, CLASSES = 2 * REACH + 1, 12
NUMBERS = 2 * CHORD + 1 + RANGE + CONTOUR
HOT = (STEPS, METERS, PHRASE, CORPORA)
INPUTS = (2 + len(LAGS)) * PITCH_SIZE + (1 + len(LAGS)) * DURATION_SIZE + len(LAGS) + sum(HOT) + NUMBERS


class MelodyNet(nn.Module):
    """What follows: a pitch, judged by its place above the tonic, its step from the last note and its place above the chord's
    root; then its length."""

    def __init__(self, hidden: int):
        super().__init__()
        self.pitches = nn.Embedding(PITCHES + 1, PITCH_SIZE)
        self.durations = nn.Embedding(DURATIONS + 1, DURATION_SIZE)
        self.lstm = nn.LSTM(INPUTS, hidden, batch_first=True)
        self.head = nn.Linear(hidden, PITCHES + INTERVALS + CLASSES)
        self.length = nn.Linear(hidden + PITCH_SIZE, LENGTH_HIDDEN)
        self.length_head = nn.Linear(LENGTH_HIDDEN, DURATIONS)
        pitch = torch.arange(PITCHES)
        steps = pitch - torch.arange(PITCHES + 1)[:, None]
        interval = steps.clamp(-REACH, REACH) + REACH
        # Of a rest, and where no note was before, no interval counts: its logit is the zero after the last.
        unknown = (pitch == 0) | (torch.arange(PITCHES + 1)[:, None] % PITCHES == 0)
        above = (pitch - 1 - REACH - torch.arange(CLASSES + 1)[:, None]) % CLASSES
        above[:, 0], above[CLASSES] = CLASSES, CLASSES
        self.register_buffer("interval", interval.masked_fill(unknown, INTERVALS), persistent=False)
        self.register_buffer("above", above, persistent=False)

    def states(self, heard: Stretch, dropout: float = 0.0) -> Tensor:
        """[stretch][event][hidden] from zero."""
        hot = [functional.one_hot(kind, count) for kind, count in zip((heard.step, heard.meter, heard.phrase, heard.corpus), HOT)]
        parts = [self.pitches(heard.before).flatten(2), self.durations(heard.lengths).flatten(2), heard.began, *hot, heard.numbers]
        inputs = functional.dropout(torch.cat([part.float() for part in parts], -1), dropout / 2.0)
        return functional.dropout(self.lstm(inputs)[0], dropout)

    def forward(self, heard: Stretch, dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """Logits of the pitch (those out of range are -inf) and of the length of what follows: [stretch][event][class]."""
        states = self.states(heard, dropout)
        alone, steps, above = self.head(states).split([PITCHES, INTERVALS, CLASSES], -1)
        steps = functional.pad(steps, (0, 1)).gather(-1, self.interval[heard.before[..., 1]])
        above = functional.pad(above, (0, 1)).gather(-1, self.above[heard.root])
        pitch = (alone + steps + above).masked_fill(~heard.allowed, float("-inf"))
        inner = torch.tanh(self.length(torch.cat([states, self.pitches(heard.pitch.clamp(min=0))], -1)))
        return pitch, self.length_head(inner)


def losses_of(logits: tuple[Tensor, Tensor], heard: Stretch) -> dict[str, Tensor]:
    """Cross entropy in nats a note (rests cost too): of the pitches, of the lengths, of both."""
    notes = (heard.pitch > 0).sum()
    sums = [
        functional.cross_entropy(one.flatten(0, 1), wanted.flatten(), ignore_index=-1, reduction="sum")
        for one, wanted in zip(logits, (heard.pitch, heard.duration))
    ]
    return {"pitch": sums[0] / notes, "length": sums[1] / notes, "note": (sums[0] + sums[1]) / notes}
