"""From a checkpoint of Studio's network to what ships: half of what training added to the fetched weights, in four bits.

    python -m songweave_training.studio.export --data DIR --before FILE --after FILE

in models/training prints what less and more of it is worth on the validation clips of a set; both files are weight files of
xtask/python/spleeter/convert.py, without what ships of it and with it."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from songweave_training.loop.export import in_half, write
from songweave_training.studio.data import Clips
from songweave_training.studio.losses import bands, decibels, share_of
from songweave_training.studio.net import StudioNet, key_of

LEVELS = 7
"""Steps of four bits on either side of zero."""
KEPT = 0.5
"""How much of what training added ships. Weights between those before and after training are the sounder ones where nothing like
it was trained on (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022, section 5)."""
WIDEST = 3.0
"""Of a channel's differences' root mean square: what is farther from zero is cut."""


def export(state: dict, weights: Path) -> None:
    """Writes `studio.tuned.safetensors` into the folder `weights`; `xtask/python/spleeter/convert.py` adds it to the fetched weights."""
    best = state["best"]["weights"]
    tensors = {}
    for name, first in state["first"].items():
        tensors |= stepped(name, KEPT * (best[f"weights.{key_of(name)}"].float() - first))
    training = {"steps": state["best"]["step"], "clips": state["trained_clips"], "validation": state["best"]["figures"]}
    facts = {"name": state["config"]["name"], "kept": KEPT} | training
    write(tensors, weights / "studio.tuned.safetensors", {"songweave": json.dumps(facts)})
    print(f"wrote studio.tuned.safetensors to {weights}: {sum(value.numel() for value in tensors.values()):,} numbers")


def stepped(name: str, added: Tensor) -> dict[str, Tensor]:
    """What was added to a tensor: kernels two numbers a byte, in steps of their own for each output channel, all else in half precision."""
    if added.dim() < 4 or added.numel() < 1000:
        return in_half({name: added})
    axis = 0 if name.startswith("down") else 1
    others = [dimension for dimension in range(4) if dimension != axis]
    widest = torch.minimum(added.abs().amax(others, keepdim=True), WIDEST * added.square().mean(others, keepdim=True).sqrt())
    step = (widest / LEVELS).clamp_min(1e-7).half()
    numbers = ((added / step.float()).round().clamp(-LEVELS, LEVELS) + 8).to(torch.uint8).flatten()
    numbers = torch.cat([numbers, numbers.new_full((numbers.numel() % 2,), 8)]).unflatten(0, (-1, 2))
    return {name: (numbers[:, 0] | numbers[:, 1] << 4).contiguous(), f"{name}.step": step}


@torch.no_grad()
def worth(net: StudioNet, clips: Clips, decided: int = 8, ahead: int = 4) -> tuple[float, float]:
    """How far the error of the vocals is below them in dB, against the truth and against what the original says; mean over clips."""
    weights, found = bands(), []
    for clip in range(len(clips)):
        batch = clips.windows(clip, np.arange(decided + ahead, 512, 40), (decided + ahead, ahead))
        logits = torch.cat([net.logits(some, decided + ahead) for some in batch.magnitudes.split(8)])
        heard = batch.magnitudes[:, :, -decided - ahead : -ahead]
        said = share_of(logits[:, :, :decided])
        found.append([decibels(heard, said, wanted, weights) for wanted in (batch.known, batch.taught)])
    truth, original = np.mean(found, axis=0)
    return float(truth), float(original)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="set written by `cargo xtask dataset studio`")
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--after", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    before, after = load_file(arguments.before), load_file(arguments.after)
    clips, net = Clips(arguments.data, "validation"), StudioNet(arguments.before)
    for times in (0.0, 0.5, 1.0, 1.5, 2.0):
        mixed = {name: before[name].float().lerp(after[name].float(), times) for name in before}
        with torch.no_grad():
            for name, value in net.named().items():
                value.copy_(mixed[name])
        truth, original = worth(net, clips)
        print(f"{times:.1f} times what ships: {truth:.2f} dB against the truth, {original:.2f} dB against the original, mean {(truth + original) / 2:.2f} dB")


if __name__ == "__main__":
    main()
