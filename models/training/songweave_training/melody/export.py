"""From a checkpoint of the melody network to what ships: weight file, golden vectors, facts for the card."""

from pathlib import Path

import numpy as np
import torch

from songweave_training.loop.export import halve, ship
from songweave_training.melody.data import CHORD, CONTOUR, PHRASE, Song, _stack, _stretch
from songweave_training.melody.net import NUMBERS, MelodyNet
from songweave_training.melody.trainer import MelodyTrainer

GOLDEN_EVENTS, GOLDEN_SEED = 64, 7
SPAN, TONIC, BAR, BEAT = (52, 74), 9, 12, 6
"""Range, tonic, bar and beat of the golden song."""


def export(state: dict, weights: Path) -> None:
    """Ships the best weights of a run to the folder `weights`."""
    net = MelodyNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best"]["weights"])
    tensors = halve(net)
    training = {"steps": state["best"]["step"], "resumed": state["resumed"]}
    training |= {key: state["facts"][key] for key in ("command", "songs", "baselines", "split", "sources")}
    facts = {"validation": state["best"]["figures"]}
    ship(weights, MelodyTrainer.kind, state, net, tensors, _golden(net), training, facts, features=NUMBERS)


@torch.no_grad()
def _golden(net: MelodyNet) -> dict[str, torch.Tensor]:
    """A random song, `[event]…`, and the logits that the network makes of it; the chords of its last quarter and the voice in its
    first half are not known. `known` holds pitches (6), lengths (5), beginnings (4), step, meter, phrase, corpus, root; `numbers`
    what the network hears as such; `chosen` the pitches that follow."""
    draw = np.random.default_rng(GOLDEN_SEED)
    durations = draw.integers(8, size=GOLDEN_EVENTS)
    start = np.concatenate([[0], np.cumsum(durations + 1)])
    keys = np.where(draw.random(GOLDEN_EVENTS) < 0.2, -1, draw.integers(SPAN[0], SPAN[1] + 1, size=GOLDEN_EVENTS))
    chords = np.stack([draw.integers(-1, 12, size=start[-1]), draw.integers(2**12, size=start[-1])], 1)
    chords[chords[:, 0] < 0, 1] = 0
    phrase = draw.integers(PHRASE, size=start[-1] // BAR + 1)
    song = Song(start[:-1], keys, durations, chords, phrase, BAR, BEAT, TONIC, 1, 2)
    made = _stretch(song, 0, GOLDEN_EVENTS, SPAN, 0, None)
    made["numbers"][: GOLDEN_EVENTS // 2, -CONTOUR:] = 0.0
    made["numbers"][-(GOLDEN_EVENTS // 4) :, : 2 * CHORD] = 0.0
    made["root"][-(GOLDEN_EVENTS // 4) :] = 12
    heard = _stack([made], GOLDEN_EVENTS)
    pitch, length = net(heard)
    single = [heard.step, heard.meter, heard.phrase, heard.corpus, heard.root]
    known = torch.cat([heard.before, heard.lengths, heard.began.long(), torch.stack(single, -1)], -1)
    return {
        "known": known[0].float().contiguous(),
        "numbers": heard.numbers[0].contiguous(),
        "chosen": heard.pitch[0].float()[:, None].contiguous(),
        "pitch": pitch[0].clamp(min=-1e9).contiguous(),
        "length": length[0].contiguous(),
    }
