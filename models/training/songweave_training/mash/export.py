"""From a checkpoint of the mash network to what ships: weight file, golden vectors, facts for the card."""

from pathlib import Path

import numpy as np
import torch

from songweave_training.loop.export import halve, ship
from songweave_training.mash.augment import level_of
from songweave_training.mash.net import MashNet, Shape
from songweave_training.mash.trainer import MashTrainer
from songweave_training.mash.trunks import BANDS, FEATURES

PARTS = ["vocals", "drums", "bass", "other"]
GOLDEN_HOPS = 160
GOLDEN_EVERY = 5
"""Answers are kept for every fifth hop only: features reach past the attention window, the file stays small."""
GOLDEN_SEED = 7


def export(state: dict, weights: Path) -> None:
    """Ships the best weights of a run to the folder `weights`."""
    net = MashNet(Shape(**state["config"]["network"])).eval()
    net.load_state_dict(state["best"]["weights"])
    tensors = {name.removeprefix("trunk."): value for name, value in halve(net).items()}
    hops = state["facts"]["hop_seconds"]
    label = {"bands_hz": state["facts"]["bands_hz"], "parts": PARTS, "features": FEATURES}
    label |= {"hop_seconds": hops if isinstance(hops, list) else [hops]}
    facts = {"validation": state["best"]["figures"]}
    ship(weights, MashTrainer.kind, state, net, tensors, _golden(net), _training(state), facts, **label)


def _training(state: dict) -> dict:
    real = [song for song in state["songs"] if song[0].isdigit() and "." in song]
    made = {"steps": state["best"]["step"], "clips": state["clips"], "real_songs": real}
    made |= {"data": state["config"]["data"], "began_from": state["began_from"]}
    kept = ("command", "rates", "split", "sources")
    return made | {key: value for key, value in state["facts"].items() if key in kept}


@torch.no_grad()
def _golden(net: MashNet) -> dict[str, torch.Tensor]:
    """Features that look like music coming and going, [song][hop][192], and what the network makes of every
    GOLDEN_EVERY-th hop: shares [song][hop][part][band] and lead [hop][part]."""
    draw = np.random.default_rng(GOLDEN_SEED)
    envelope = 10.0 ** draw.uniform(-6.0, 0.0, (2, GOLDEN_HOPS, 1))
    power = torch.from_numpy(envelope * 10.0 ** draw.normal(-2.0, 1.0, (2, GOLDEN_HOPS, BANDS))).float()
    width = torch.from_numpy(draw.random((2, GOLDEN_HOPS, BANDS))).float()
    power[1, : GOLDEN_HOPS // 4] = 0.0
    features = torch.cat([level_of(power), width], dim=-1).half()
    logits, lead = net(features.float()[None])
    return {
        "features": features.contiguous(),
        "shares": torch.softmax(logits[0], dim=2)[:, ::GOLDEN_EVERY].contiguous(),
        "lead": torch.sigmoid(lead[0])[::GOLDEN_EVERY].contiguous(),
    }
