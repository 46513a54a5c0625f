"""From a checkpoint of the chord network of whole songs to what ships: weight file, golden vectors, facts for the card."""

from pathlib import Path

import torch

from songweave_training.chords.export import trained_on
from songweave_training.chords.net import CHORDS
from songweave_training.loop.export import halve, ship
from songweave_training.song_chords.net import CLASS_FEATURES, CLASSES, FEATURES, SongChordNet
from songweave_training.song_chords.trainer import SongChordTrainer

GOLDEN_BEATS, GOLDEN_SEED = 40, 7


def export(state: dict, weights: Path) -> None:
    """Ships the best weights of a run to the folder `weights`."""
    net = SongChordNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best"]["weights"])
    tensors = halve(net)
    facts = {"validation": state["best"]["figures"]}
    ship(weights, SongChordTrainer.kind, state, net, tensors, _golden(net), trained_on(state), facts, features=FEATURES)


@torch.no_grad()
def _golden(net: SongChordNet) -> dict[str, torch.Tensor]:
    """Features that come and go, `[beat][feature]`, and the probabilities that the network makes of them."""
    draw = torch.Generator().manual_seed(GOLDEN_SEED)
    features = torch.rand(GOLDEN_BEATS, FEATURES, generator=draw)
    features[:, : CLASSES * CLASS_FEATURES] *= torch.rand(GOLDEN_BEATS, CLASSES * CLASS_FEATURES, generator=draw) < 0.3
    features = (2.0 * features * torch.rand(GOLDEN_BEATS, 1, generator=draw)).half()
    found = net(features.float()[None])
    shares = {name: torch.softmax(found[name][0], -1) for name in ("chords", "bass", "keys")}
    return {
        "features": features.contiguous(),
        "chords": shares["chords"][..., :CHORDS].contiguous(),
        "silent": shares["chords"][..., CHORDS].contiguous(),
        "bass": shares["bass"].contiguous(),
        "keys": shares["keys"].contiguous(),
    }
