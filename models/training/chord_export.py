"""From a checkpoint of the chord network to what ships: weight file, golden vectors, facts for the card."""

import json
from pathlib import Path

import torch

from chord_net import BEATS, CHORDS, CLASS_FEATURES, CLASSES, FEATURES, ChordNet, parameters_of
from chord_trainer import KIND
from export import FORMAT, _write

GOLDEN_BEATS, GOLDEN_SEED = 48, 7


def export(state: dict, weights: Path) -> None:
    """Writes `chords.safetensors`, `chords.golden.safetensors` and `chords.training.json` into `weights`."""
    net = ChordNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best"]["weights"])
    halves = {name: value.half().contiguous() for name, value in net.state_dict().items()}
    if not all(torch.isfinite(value).all() for value in halves.values()):
        raise SystemExit("a weight is not finite in half precision; nothing was written")
    net.load_state_dict({name: value.float() for name, value in halves.items()})
    weights.mkdir(parents=True, exist_ok=True)
    _write(halves, weights / "chords.safetensors", {"songweave": json.dumps(_metadata(state))})
    _write(_golden(net), weights / "chords.golden.safetensors")
    facts = _training(state) | {"parameters": parameters_of(net), "validation": state["best"]["figures"]}
    (weights / "chords.training.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"wrote chords.safetensors, chords.golden.safetensors and chords.training.json to {weights}")


def _metadata(state: dict) -> dict:
    return {
        "format": FORMAT,
        "kind": KIND,
        "name": state["config"]["name"],
        "bands_hz": [],
        "parts": [],
        "features": FEATURES,
        "lookahead_hops": 0,
        "hop_seconds": [],
        "seed": state["config"]["seed"],
        "architecture": {"hidden": state["config"]["network"]["hidden"]},
        "training": _training(state),
    }


def _training(state: dict) -> dict:
    kept = {key: state["facts"][key] for key in ("command", "split", "sources", "draws")}
    return {"name": state["config"]["name"], "steps": state["best"]["step"], "songs": state["songs"], "began_from": state["began_from"]} | kept


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
