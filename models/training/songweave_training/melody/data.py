"""Sets as `cargo xtask dataset melody` writes them: notes and rests of songs, cut into stretches."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songweave_training.loop.sets import read_arrays

REACH = 24
PITCHES, DURATIONS, STEPS, PHRASE, CORPORA = 2 + 2 * REACH, 20, 16, 4, 3
"""Pitch 0 is a rest; PITCHES and DURATIONS themselves mean "not known"."""
METERS = 4
"""Bars of 8 steps, of 12 in three beats, of 16, of 12 in two beats."""
LAGS = (1, 2, 4, 8)
"""Bars ago that are remembered."""
CHORD, RANGE, CONTOUR = 25, 2, 3
WIDEST = 35
"""Semitones of the widest range."""
CONTOUR_STEPS = (-2, 6)
"""Steps around a note in which the voice that is heard is said to have been."""


@dataclass
class Stretch:
    """What the network hears and what follows, each `[stretch][event]…`."""

    before: Tensor
    """Pitch of the event before, of the last note, and of what sounded some bars ago: [6]"""
    lengths: Tensor
    """Length of the event before, and of what began some bars ago: [5]"""
    began: Tensor
    """Whether a note or a rest began some bars ago: [4]"""
    step: Tensor
    meter: Tensor
    phrase: Tensor
    corpus: Tensor
    root: Tensor
    """Root of the chord above the tonic, 12 where none is known."""
    numbers: Tensor
    """Chord now, chord at the next beat, 1 for minor, range, contour: [56]"""
    allowed: Tensor
    """Whether a pitch is in the range: [pitch]"""
    pitch: Tensor
    """What follows; -1 after the end."""
    duration: Tensor


@dataclass
class Song:
    """A song as arrays over its events and its steps."""

    start: np.ndarray
    key: np.ndarray
    duration: np.ndarray
    chords: np.ndarray
    phrase: np.ndarray
    bar: int
    beat: int
    tonic: int
    minor: int
    corpus: int

    def __post_init__(self):
        self.event_at = np.repeat(np.arange(len(self.start)), np.diff(np.append(self.start, len(self.chords))))
        notes = np.where(self.key >= 0, np.arange(len(self.key)), -1)
        self.last_note = np.concatenate([[-1], np.maximum.accumulate(notes)[:-1]])
        self.low, self.high = int(self.key[self.key >= 0].min()), int(self.key.max())
        sounding = self.key[self.event_at].astype(float)
        first, last = CONTOUR_STEPS
        windows = np.clip(np.arange(len(sounding))[:, None] + np.arange(first, last), 0, len(sounding) - 1)
        near, sung = sounding[windows], sounding[windows] >= 0
        mean = sounding[sounding >= 0].mean()
        height = np.where(sung, near - mean, 0.0).sum(1) / np.maximum(1, sung.sum(1)) / 12.0
        self.contour = np.stack([np.ones(len(sounding)), height, sung.mean(1)], 1)


class MelodySet:
    """The songs of one split."""

    def __init__(self, path: Path):
        arrays = read_arrays(path, "melody")
        ends = np.cumsum(arrays["songs"][:, :3], 0)
        self.songs = []
        for (events, steps, bars, *facts), end in zip(arrays["songs"].tolist(), ends.tolist()):
            start, key, duration = arrays["events"][end[0] - events : end[0]].T
            chords, phrase = arrays["chords"][end[1] - steps : end[1]], arrays["phrase"][end[2] - bars : end[2], 0]
            self.songs.append(Song(start, key, duration, chords, phrase, *facts))
        sizes = np.array([len(song.start) for song in self.songs], float)
        self.chances = sizes / sizes.sum()

    def stretches(self, draw: np.random.Generator, count: int, events: int, hidden: dict[str, float]) -> Stretch:
        """Random stretches; `hidden` are the shares in which something is not told."""
        chosen = draw.choice(len(self.songs), count, p=self.chances)
        return _stack([_random(self.songs[index], draw, events, hidden) for index in chosen], events)

    def whole(self, indices: list[int]) -> Stretch:
        """Whole songs, everything told but the voice, in the range that they need."""
        songs = [self.songs[index] for index in indices]
        made = [_stretch(song, 0, len(song.start), (song.low, song.high), 0, np.zeros(CONTOUR)) for song in songs]
        return _stack(made, max(len(song.start) for song in songs))


def _random(song: Song, draw: np.random.Generator, events: int, hidden: dict[str, float]) -> dict[str, np.ndarray]:
    first = int(draw.integers(0, max(1, len(song.start) - events // 2)))
    room = WIDEST - (song.high - song.low)
    below = int(draw.integers(0, min(7, room) + 1))
    above = int(draw.integers(0, min(7, room - below) + 1))
    seen = int(song.start[first]) if draw.random() < hidden["past"] else 0
    contour = None
    if draw.random() < hidden["contour"]:
        contour = np.zeros(CONTOUR)
    made = _stretch(song, first, first + events, (song.low - below, song.high + above), seen, contour)
    numbers = made["numbers"]
    if contour is None:
        noise = draw.normal(0.0, 2.0 / 12.0, len(numbers)) + draw.normal(0.0, 2.0 / 12.0)
        numbers[:, -2] = np.clip(numbers[:, -2] + noise, -1.5, 1.5)
    if draw.random() < hidden["chord"]:
        numbers[:, : 2 * CHORD], made["root"] = 0.0, np.full_like(made["root"], 12)
    elif draw.random() < hidden["next_chord"]:
        numbers[:, CHORD : 2 * CHORD] = 0.0
    return made


def _stretch(song: Song, first: int, last: int, span: tuple[int, int], seen: int, contour) -> dict[str, np.ndarray]:
    """The events `first..last` of a song; nothing before the step `seen` is known. models/src/networks/melody hears the same."""
    middle = sum(span) // 2
    anchor = middle - 5 + (song.tonic - (middle - 5)) % 12
    events = np.arange(first, min(last, len(song.start)))
    start = song.start[events]
    pitches = np.where(song.key >= 0, song.key - anchor + REACH + 1, 0)
    known = lambda index: (index >= 0) & (song.start[np.maximum(index, 0)] >= seen)  # noqa: E731
    at = lambda index: np.where(known(index), pitches[np.maximum(index, 0)], PITCHES)  # noqa: E731
    past = start[:, None] - np.array(LAGS) * song.bar
    remembered = past >= seen
    ago = song.event_at[np.maximum(past, 0)]
    began = remembered & (song.start[ago] == past)
    before = [at(events - 1)[:, None], at(song.last_note[events])[:, None], np.where(remembered, pitches[ago], PITCHES)]
    lengths = [np.where(known(events - 1), song.duration[events - 1], DURATIONS)[:, None], np.where(began, song.duration[ago], DURATIONS)]
    next_beat = np.minimum((start // song.beat + 1) * song.beat, len(song.chords) - 1)
    root = song.chords[start, 0]
    scale = np.full((len(events), RANGE), (np.array(span) - anchor) / REACH)
    heard = song.contour[start] if contour is None else np.full((len(events), CONTOUR), contour)
    numbers = [_chord(song.chords[start]), _chord(song.chords[next_beat]), np.full((len(events), 1), song.minor), scale, heard]
    keys = np.arange(PITCHES) - 1 - REACH + anchor
    allowed = (keys >= span[0]) & (keys <= span[1])
    allowed[0] = True
    return {
        "before": np.concatenate(before, 1),
        "lengths": np.concatenate(lengths, 1),
        "began": began.astype(np.float32),
        "step": start % song.bar % STEPS,
        "meter": np.full(len(events), meter(song.bar, song.beat)),
        "phrase": song.phrase[start // song.bar],
        "corpus": np.full(len(events), song.corpus),
        "root": np.where(root >= 0, root, 12),
        "numbers": np.concatenate(numbers, 1).astype(np.float32),
        "allowed": np.tile(allowed, (len(events), 1)),
        "pitch": pitches[events],
        "duration": song.duration[events].astype(np.int64),
    }


def meter(bar: int, beat: int) -> int:
    """Index of a bar of so many steps."""
    return {8: 0, 12: 3 if beat == 6 else 1}.get(bar, 2)


def _chord(chords: np.ndarray) -> np.ndarray:
    """Root, classes and whether there is a chord: [event][25]."""
    root, classes = chords[:, :1], chords[:, 1:]
    bits = classes >> np.arange(12) & 1
    return np.concatenate([root == np.arange(12), bits, root >= 0], 1).astype(np.float32)


def _stack(made: list[dict[str, np.ndarray]], events: int) -> Stretch:
    def padded(name: str, values: np.ndarray) -> np.ndarray:
        missing = (events - len(values), *values.shape[1:])
        filling = -1 if name in ("pitch", "duration") else 1 if name == "allowed" else 0
        return np.concatenate([values, np.full(missing, filling, values.dtype)])

    columns = {field.name: np.stack([padded(field.name, one[field.name]) for one in made]) for field in fields(Stretch)}
    whole = lambda values: values.astype(np.int64) if values.dtype.kind == "i" else values  # noqa: E731
    return Stretch(**{name: torch.from_numpy(whole(values)) for name, values in columns.items()})
