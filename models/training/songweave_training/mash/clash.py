"""Who should lead each part of a mash, worked out from the scores of both songs: the target of the lead head.

There are 16 ways to take each of the four parts from A or from B. Each has a cost, and the target is the mean of all
of them under a Boltzmann distribution: where one way is clearly the best the target is near 0 or 1, where two mirrored
ways are as good as each other it is one half. With `c(p, q)` for part p of A against part q of B, both of them heard,

    cost = sum over the heard pairs of c(p, q) + sum over the parts of s(p)

    c = harmony + register + rhythm - preference
      harmony   dissonance of both chromas by interval class, above that of a plain fit, while both sound
      register  how near two melodic parts are to each other in pitch, while both sound
      rhythm    share of onsets that have no onset of the other song beside them; the part with the better match counts
      preference  a mashup is wanted: the voice of one song over the backing of the other, when there are both
    s = silence + level
      silence   choosing a part that rests while the other song's part sounds; by far the dearest
      level     the louder one is preferred a little, most of all the louder voice

Parts of the same song never clash. Everything is smoothed over the past second, so that the target holds for a phrase
and not for a note. Swapping the songs gives 1 minus the target, as it does for the network. Where no score is known the
clashes are left out, and the weight is low.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

PARTS = 4
SLOT = 8
"""Hops that share a target, about 0.09 s."""
NOTE_SECONDS = 0.25
"""Time constant within which tones count as heard together, and within which a part may pause and still be there."""
PHRASE_SECONDS = 1.0
"""Time constant of everything that is decided upon."""

DISSONANCE = (0.0, 1.0, 0.5, 0.1, 0.1, 0.05, 0.7)
"""Dissonance of the interval classes: unison, seconds, thirds, fourth, tritone."""
FITTING = 0.2
"""Mean dissonance of parts that fit, such as a melody and its chords."""
CLASHING = 0.3
"""Dissonance above FITTING that counts as one: keys a semitone or a tritone apart."""
NEAR_SEMITONES = 6.0
TOGETHER_HOPS = 3
"""Onsets this far from each other, 35 ms, are heard as one."""

#          vocals drums bass other
HARMONY = [[0.0, 0.0, 0.7, 1.0], [0.0, 0.0, 0.0, 0.0], [0.7, 0.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]]
REGISTER = [[0.0, 0.0, 0.0, 0.4], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.3], [0.4, 0.0, 0.3, 0.0]]
RHYTHM = [[0.0, 0.3, 0.0, 0.0], [0.3, 0.0, 1.0, 0.6], [0.0, 1.0, 0.0, 0.4], [0.0, 0.6, 0.4, 0.0]]
PREFERENCE = [[0.0, 0.5, 0.3, 0.4], [0.5, 0.0, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0], [0.4, 0.0, 0.0, 0.0]]
SILENCE = 4.0
LEVEL = [0.6, 0.1, 0.1, 0.1]
LEVEL_DB = 6.0
TEMPERATURE = 0.25

ABSENT_DB = 26.0
"""A part this far below its song does not sound."""
ABSENT_EDGE_DB = 3.0
QUIETEST_DB = -70.0
"""Nothing below this level sounds."""
UNKNOWN_WEIGHT = 0.2
TINY = 1e-9


def lead_target(
    chroma: Tensor, onset: Tensor, register: Tensor, part_level: Tensor, known: Tensor, hop_seconds: float
) -> tuple[Tensor, Tensor]:
    """Who should lead, 0 = A … 1 = B, and how much that is worth in 0…1, both [pair][hop][part].

    Of both songs: `chroma` [pair][song][hop][part][12] (velocities of the sounding notes by pitch class, drums 0),
    `onset` [pair][song][hop][part] (velocities of the notes that begin), `register` [pair][song][hop][part] (mean MIDI
    key / 128, 0 = no note), `part_level` [pair][song][hop][part] in dB, `known` [pair][song][part] (1 = there is a
    score).
    """
    hops = part_level.shape[2]
    slot_seconds = SLOT * hop_seconds
    energy = _smooth(_slots(10.0 ** (part_level / 10.0)), NOTE_SECONDS, slot_seconds)
    there = _smooth(_presence(energy), PHRASE_SECONDS, slot_seconds)
    loud = _decibels(_smooth(energy, PHRASE_SECONDS, slot_seconds))
    tones = _smooth(_slots(chroma.flatten(3)), NOTE_SECONDS, slot_seconds).unflatten(3, (PARTS, 12))
    both = there[:, 0, :, :, None] * there[:, 1, :, None, :]
    scores = (known[:, 0, :, None] * known[:, 1, None, :])[:, None]
    height = _slots(register) / (_slots((register > 0.0).float()) + TINY)
    clash = _harmony_and_register(tones, height, slot_seconds) + both * _rhythm(onset, slot_seconds)
    cost = _cost(scores * clash - both * _matrix(PREFERENCE, both), _alone(there, loud))
    target = torch.softmax(-cost / TEMPERATURE, dim=-1) @ _assignments(cost)
    weight = UNKNOWN_WEIGHT + (1.0 - UNKNOWN_WEIGHT) * _score_share(scores[:, 0])
    return target.repeat_interleave(SLOT, dim=1)[:, :hops], weight[:, None].expand(-1, hops, -1)


def _slots(x: Tensor) -> Tensor:
    """Means over SLOT hops, [pair][song][hop][…] -> [pair][song][slot][…]; a shorter last slot is of what there is."""
    flat = x.flatten(0, 1).transpose(1, 2)
    return F.avg_pool1d(flat, SLOT, ceil_mode=True).transpose(1, 2).unflatten(0, x.shape[:2])


def _smooth(x: Tensor, seconds: float, slot_seconds: float) -> Tensor:
    """Exponential mean over the past, along the last but one axis."""
    slots = x.shape[-2]
    age = torch.arange(slots, device=x.device)[:, None] - torch.arange(slots, device=x.device)[None, :]
    decay = torch.exp(-age.clamp(min=0) * slot_seconds / seconds) * (age >= 0)
    return (decay / decay.sum(dim=1, keepdim=True)) @ x


def _presence(energy: Tensor) -> Tensor:
    """Whether a part sounds, 0…1, measured against the loudest its song was so far, [pair][song][slot][part]."""
    song, _ = energy.sum(dim=3, keepdim=True).cummax(dim=2)
    least = (_decibels(song) - ABSENT_DB).clamp(min=QUIETEST_DB)
    return torch.sigmoid((_decibels(energy) - least) / ABSENT_EDGE_DB)


def _decibels(energy: Tensor) -> Tensor:
    return 10.0 * torch.log10(energy + TINY)


def _harmony_and_register(tones: Tensor, height: Tensor, slot_seconds: float) -> Tensor:
    """Clash of sounding notes, [pair][slot][part of A][part of B]."""
    strength = tones.sum(dim=-1)
    tones = tones / (strength[..., None] + TINY)
    sounding = strength / (strength + 0.2)
    together = sounding[:, 0, :, :, None] * sounding[:, 1, :, None, :]
    interval = (torch.arange(12)[:, None] - torch.arange(12)[None, :]).abs()
    table = torch.tensor(DISSONANCE, device=tones.device)[torch.minimum(interval, 12 - interval).to(tones.device)]
    dissonance = (tones[:, 0] @ table) @ tones[:, 1].transpose(-1, -2)
    apart = 128.0 * (height[:, 0, :, :, None] - height[:, 1, :, None, :])
    near = torch.exp(-0.5 * (apart / NEAR_SEMITONES).square())
    heard = torch.stack([together * (dissonance - FITTING) / CLASHING, together * near], dim=-1)
    smooth = _smooth(heard.flatten(2), PHRASE_SECONDS, slot_seconds).unflatten(2, (PARTS, PARTS, 2)).clamp(min=0.0)
    return _matrix(HARMONY, smooth) * smooth[..., 0] + _matrix(REGISTER, smooth) * smooth[..., 1]


def _rhythm(onset: Tensor, slot_seconds: float) -> Tensor:
    """Clash of onsets, [pair][slot][part of A][part of B]; none without onsets in both."""
    onset = onset.clamp(max=1.0)
    flat = (onset > 0.0).float().flatten(0, 1).transpose(1, 2)
    beside = F.max_pool1d(flat, 2 * TOGETHER_HOPS + 1, stride=1, padding=TOGETHER_HOPS)
    beside = beside.transpose(1, 2).unflatten(0, onset.shape[:2])
    of_a, of_b = onset[:, 0, :, :, None], onset[:, 1, :, None, :]
    met = torch.stack([of_a * beside[:, 1, :, None, :], of_b * beside[:, 0, :, :, None]], dim=1)
    all_of = torch.stack(torch.broadcast_tensors(of_a, of_b), dim=1)
    met, all_of = (
        _smooth(_slots(x.flatten(3)), PHRASE_SECONDS, slot_seconds).unflatten(3, (PARTS, PARTS)) for x in (met, all_of)
    )
    match = (met / (all_of + TINY)).amax(dim=1)
    # A strong onset a second is enough to be sure of the pattern.
    sure = (all_of * SLOT / slot_seconds).clamp(max=1.0).amin(dim=1)
    return _matrix(RHYTHM, match) * sure * (1.0 - match)


def _alone(there: Tensor, loud: Tensor) -> Tensor:
    """Cost of each part of each song by itself, [pair][slot][song][part]."""
    rests = there.flip(1) * (1.0 - there)
    louder = torch.tanh((loud - loud.flip(1)) / LEVEL_DB) * there.amax(dim=1, keepdim=True)
    return (SILENCE * rests - _matrix(LEVEL, loud) * louder).transpose(1, 2)


def _cost(pairs: Tensor, alone: Tensor) -> Tensor:
    """Cost of each of the 16 ways, [pair][slot][way], from those of pairs and parts."""
    from_b = _assignments(pairs)
    heard = (1.0 - from_b)[:, :, None] * from_b[:, None, :]
    taken = torch.stack([1.0 - from_b, from_b], dim=1)
    return pairs.flatten(2) @ heard.flatten(1).T + alone.flatten(2) @ taken.flatten(1).T


def _assignments(like: Tensor) -> Tensor:
    """All ways to take the parts from A (0) or B (1), [way][part]."""
    ways = torch.arange(2**PARTS, device=like.device)[:, None]
    return ((ways >> torch.arange(PARTS, device=like.device)) & 1).to(like.dtype)


def _score_share(scores: Tensor) -> Tensor:
    """Share of a part's possible clashes that the scores tell of, [pair][part]."""
    weight = _matrix(HARMONY, scores) + _matrix(RHYTHM, scores)
    told = (scores * weight).sum(dim=2) + (scores * weight).sum(dim=1)
    return told / (2.0 * weight.sum(dim=1))


def _matrix(values: list, like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)
