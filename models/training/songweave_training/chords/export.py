"""From a checkpoint of the chord network to what ships: weight file, golden vectors, facts for the card."""

from pathlib import Path

import torch

from songweave_training.chords.net import BEATS, CHORDS, CLASS_FEATURES, CLASSES, FEATURES, ChordNet
from songweave_training.chords.trainer import ChordTrainer
from songweave_training.loop.export import halve, ship

GOLDEN_BEATS, GOLDEN_SEED = 48, 7


def export(state: dict, weights: Path) -> None:
    """Ships the best weights of a run to the folder `weights`."""
    net = ChordNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best"]["weights"])
    tensors = halve(net)
    facts = {"validation": state["best"]["figures"]}
    ship(weights, ChordTrainer.kind, state, net, tensors, _golden(net), trained_on(state), facts, features=FEATURES)


def trained_on(state: dict) -> dict:
    """How a run was trained."""
    training = {"steps": state["best"]["step"], "songs": state["songs"], "began_from": state["began_from"]}
    return training | {key: state["facts"][key] for key in ("command", "split", "sources", "draws")}


@torch.no_grad()
def _golden(net: ChordNet) -> dict[str, torch.Tensor]:
    """Features that come and go, `[beat][feature]`, and the probabilities that the network makes of them."""
    draw = torch.Generator().manual_seed(GOLDEN_SEED)
    features = torch.rand(GOLDEN_BEATS, FEATURES, generator=draw)
    features[:, : CLASSES * CLASS_FEATURES] *= torch.rand(GOLDEN_BEATS, CLASSES * CLASS_FEATURES, generator=draw) < 0.3
    features = (2.0 * features * torch.rand(GOLDEN_BEATS, 1, generator=draw)).half()
    found = {name: torch.softmax(logits[0], -1) for name, logits in net(features.float()[None]).items()}
    return {
        "features": features.contiguous(),
        "chords": found["chords"][..., :CHORDS].reshape(GOLDEN_BEATS, BEATS, CHORDS).contiguous(),
        "silent": found["chords"][..., CHORDS].contiguous(),
        "bass": found["bass"].contiguous(),
        "keys": found["keys"].contiguous(),
        "melody": found["melody"].contiguous(),
    }
