"""From a checkpoint to what ships: the weight file, golden vectors, and the facts for the card."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

import checkpoint
from augment import level_of
from net import MashNet, Shape, parameters_of
from trunks import BANDS, FEATURES

FORMAT = 1
KIND = "mash"
PARTS = ["vocals", "drums", "bass", "other"]
GOLDEN_HOPS = 160
GOLDEN_EVERY = 5
"""Answers are kept for every fifth hop only: features reach past the attention window, the file stays small."""
GOLDEN_SEED = 7


def export(run: Path, weights: Path) -> None:
    """Writes `mash.safetensors`, `mash.golden.safetensors` and `mash.training.json` into `weights`."""
    state = checkpoint.load(run)
    net = MashNet(Shape(**state["config"]["network"])).eval()
    net.load_state_dict(state["best"]["weights"])
    halves = {name: value.half().contiguous() for name, value in net.state_dict().items()}
    for name, value in halves.items():
        if not torch.isfinite(value).all():
            raise SystemExit(f"weight `{name}` is not finite in half precision; nothing was written")
    net.load_state_dict({name: value.float() for name, value in halves.items()})
    weights.mkdir(parents=True, exist_ok=True)
    shipped = {name.removeprefix("trunk."): value for name, value in halves.items()}
    _write(shipped, weights / "mash.safetensors", {"songweave": json.dumps(_metadata(state))})
    _write(_golden(net), weights / "mash.golden.safetensors")
    facts = _training(state) | {"parameters": parameters_of(net), "validation": state["best"]["figures"]}
    (weights / "mash.training.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"wrote mash.safetensors, mash.golden.safetensors and mash.training.json to {weights}, step {state['step']}")


def _write(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes a file that everybody may read; an interrupted write leaves the previous one."""
    temporary = path.with_suffix(".partial")
    save_file(tensors, temporary, metadata)
    temporary.chmod(0o644)
    temporary.replace(path)


def _metadata(state: dict) -> dict:
    hops = state["facts"]["hop_seconds"]
    return {
        "format": FORMAT,
        "kind": KIND,
        "name": state["config"]["name"],
        "bands_hz": state["facts"]["bands_hz"],
        "parts": PARTS,
        "features": FEATURES,
        "lookahead_hops": 0,
        "hop_seconds": hops if isinstance(hops, list) else [hops],
        "seed": state["config"]["seed"],
        "architecture": {key: value for key, value in state["config"]["network"].items() if key != "dropout"},
        "training": _training(state),
    }


def _training(state: dict) -> dict:
    kept = ("command", "rates", "split", "sources")
    facts = {key: value for key, value in state["facts"].items() if key in kept}
    real = [song for song in state["songs"] if song[0].isdigit() and "." in song]
    made = {"name": state["config"]["name"], "steps": state["best"]["step"], "clips": state["clips"], "real_songs": real}
    return made | {"data": state["config"]["data"], "began_from": state["began_from"]} | facts


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
