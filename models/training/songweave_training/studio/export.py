"""From a checkpoint of Studio's network to what ships: what training added to the fetched weights, in four bits."""

import json
from pathlib import Path

import torch
from torch import Tensor

from songweave_training.loop.export import in_half, write
from songweave_training.studio.net import key_of

LEVELS = 7
"""Steps of four bits on either side of zero."""
WIDEST = 3.0
"""Of a channel's differences' root mean square: what is farther from zero is cut."""


def export(state: dict, weights: Path) -> None:
    """Writes `studio.tuned.safetensors` into the folder `weights`; `xtask/python/spleeter/convert.py` adds it to the fetched weights."""
    best = state["best"]["weights"]
    tensors = {}
    for name, first in state["first"].items():
        tensors |= stepped(name, best[f"weights.{key_of(name)}"].float() - first)
    training = {"steps": state["best"]["step"], "clips": state["trained_clips"], "validation": state["best"]["figures"]}
    facts = {"name": state["config"]["name"]} | training
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
