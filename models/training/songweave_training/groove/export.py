"""From a checkpoint of the groove network to what ships: weight file, golden vectors, facts for the card."""

from pathlib import Path

import numpy as np
import torch

from songweave_training.groove.data import BAR, DRUM_LEVELS, DRUMS, HAND_LEVELS, HANDS, PHRASE, STYLES, TEMPI
from songweave_training.groove.net import GrooveNet
from songweave_training.groove.trainer import GrooveTrainer
from songweave_training.loop.export import halve, in_half, ship

PARTS = ["kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride"]
GOLDEN_STEPS, GOLDEN_SEED = 3 * BAR, 7


def export(state: dict, weights: Path) -> None:
    """Ships the best weights of both lines of a run, and the tables, to the folder `weights`."""
    net = GrooveNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best_weights"])
    with torch.no_grad():
        for line in (net.drums, net.hands):
            line.within *= line.before
    tensors = halve(net) | in_half(state["tables"])
    training = {"steps": state["step"], "resumed": state["resumed"]}
    training |= {f"{line}_{key}": value for line, best in state["best"].items() for key, value in best.items()}
    training |= {f"{line}_marginals": value for line, value in state["baseline"].items()}
    training |= {key: state["facts"][key] for key in ("command", "sources")}
    ship(weights, GrooveTrainer.kind, state, net, tensors, _golden(net), training, {}, parts=PARTS)


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
