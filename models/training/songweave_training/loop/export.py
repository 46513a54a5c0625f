"""What every network ships: its weight file, golden vectors, and the facts for the card."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from songweave_training.loop.trainer import parameters_of

FORMAT = 1


def halve(net: nn.Module) -> dict[str, Tensor]:
    """The weights in half precision; from then on the network has them as they ship."""
    halves = in_half(net.state_dict())
    net.load_state_dict({name: value.float() for name, value in halves.items()})
    return halves


def in_half(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights or tables in half precision; refuses those that are not finite there."""
    halves = {name: value.half().contiguous() for name, value in tensors.items()}
    for name, value in halves.items():
        if not torch.isfinite(value).all():
            raise SystemExit(f"`{name}` is not finite in half precision; nothing was written")
    return halves


def ship(folder: Path, kind: str, state: dict, net: nn.Module, tensors: dict, golden: dict, training: dict, facts: dict, **label) -> None:
    """Writes `KIND.safetensors`, `KIND.golden.safetensors` and `KIND.training.json` into `folder`.

    `training` says how the network was trained, to the plugin too; `facts` what else the card says; `label` what else
    the plugin has to know, by its names.
    """
    config = state["config"]
    training = {"name": config["name"]} | training
    known = {"format": FORMAT, "kind": kind, "name": config["name"], "bands_hz": [], "parts": [], "features": 0}
    known |= {"lookahead_hops": 0, "hop_seconds": [], "seed": config["seed"]}
    known |= {"architecture": {key: value for key, value in config["network"].items() if key != "dropout"}}
    known |= {"training": training}
    folder.mkdir(parents=True, exist_ok=True)
    write(tensors, folder / f"{kind}.safetensors", {"songweave": json.dumps(known | label)})
    write(golden, folder / f"{kind}.golden.safetensors")
    facts = training | {"parameters": parameters_of(net)} | facts
    (folder / f"{kind}.training.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"wrote {kind}.safetensors, .golden.safetensors and .training.json to {folder}: {facts['parameters']:,} parameters")


def write(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes a file that everybody may read; an interrupted write leaves the previous one."""
    temporary = path.with_suffix(".partial")
    save_file(tensors, temporary, metadata)
    temporary.chmod(0o644)
    temporary.replace(path)
