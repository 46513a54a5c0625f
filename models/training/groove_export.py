"""From a checkpoint of the groove network to what ships: weight file, golden vectors, facts for the card."""

import json
from pathlib import Path

import numpy as np
import torch

from export import FORMAT, _write
from groove_data import BAR, DRUM_LEVELS, DRUMS, HAND_LEVELS, HANDS, PHRASE, STYLES, TEMPI
from groove_net import GrooveNet

KIND = "groove"
PARTS = ["kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride"]
GOLDEN_STEPS, GOLDEN_SEED = 3 * BAR, 7


def export(state: dict, weights: Path) -> None:
    """Writes `groove.safetensors`, `groove.golden.safetensors` and `groove.training.json` into `weights`."""
    net = GrooveNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best_weights"])
    with torch.no_grad():
        for line in (net.drums, net.hands):
            line.within *= line.before
    halves = {name: value.half().contiguous() for name, value in net.state_dict().items()}
    if not all(torch.isfinite(value).all() for value in halves.values()):
        raise SystemExit("a weight is not finite in half precision; nothing was written")
    net.load_state_dict({name: value.float() for name, value in halves.items()})
    tables = {name: table.half().contiguous() for name, table in state["tables"].items()}
    weights.mkdir(parents=True, exist_ok=True)
    _write(halves | tables, weights / "groove.safetensors", {"songweave": json.dumps(_metadata(state))})
    _write(_golden(net), weights / "groove.golden.safetensors")
    parameters = sum(value.numel() for value in halves.values())
    facts = _training(state) | {"parameters": parameters}
    (weights / "groove.training.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"wrote groove.safetensors, groove.golden.safetensors and groove.training.json to {weights}, {parameters:,} parameters")


def _metadata(state: dict) -> dict:
    return {
        "format": FORMAT,
        "kind": KIND,
        "name": state["config"]["name"],
        "bands_hz": [],
        "parts": PARTS,
        "features": 0,
        "lookahead_hops": 0,
        "hop_seconds": [],
        "seed": state["config"]["seed"],
        "architecture": state["config"]["network"],
        "training": _training(state),
    }


def _training(state: dict) -> dict:
    kept = {key: state["facts"][key] for key in ("command", "sources")}
    best = {f"{line}_{key}": value for line, best in state["best"].items() for key, value in best.items()}
    baseline = {f"{line}_marginals": value for line, value in state["baseline"].items()}
    made = {"name": state["config"]["name"], "steps": state["step"], "resumed": state["resumed"]}
    return made | best | baseline | kept


@torch.no_grad()
def _golden(net: GrooveNet) -> dict[str, torch.Tensor]:
    """Random places and levels, and what the lines make of them: logits [step][voice][level]. `*_place` holds bar of the
    phrase, style or tempo, and flags; densities are in `*_density`."""
    draw = np.random.default_rng(GOLDEN_SEED)
    golden = {}
    for name, line, kinds, count, densities in [("drums", net.drums, STYLES, DRUM_LEVELS, 1), ("hands", net.hands, TEMPI, HAND_LEVELS, HANDS)]:
        steps = np.arange(GOLDEN_STEPS)
        bar, kind = draw.integers(PHRASE, size=GOLDEN_STEPS), draw.integers(kinds, size=GOLDEN_STEPS)
        flags = draw.integers(2, size=(GOLDEN_STEPS, 1 if name == "drums" else 2))
        density = draw.random((GOLDEN_STEPS, densities)).astype(np.float32)
        hot = [np.eye(BAR)[steps % BAR], np.eye(PHRASE)[bar], np.eye(kinds)[kind], density, flags]
        voices = DRUMS if name == "drums" else HANDS
        levels = torch.from_numpy(draw.integers(count, size=(GOLDEN_STEPS, voices)) * (draw.random((GOLDEN_STEPS, voices)) < 0.4))
        logits = line(torch.from_numpy(np.concatenate(hot, 1)).float()[None], levels[None])[0]
        place = np.concatenate([bar[:, None], kind[:, None], flags], 1)
        golden[f"{name}_place"] = torch.from_numpy(place).float().contiguous()
        golden[f"{name}_density"] = torch.from_numpy(density).contiguous()
        golden[f"{name}_levels"] = levels.float().contiguous()
        golden[f"{name}_logits"] = logits.contiguous()
    return golden
