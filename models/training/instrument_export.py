"""From a checkpoint of the instrument networks to what ships: weight file, golden vectors, facts for the card."""

import json
from pathlib import Path

import numpy as np
import torch

from tqdm import tqdm

from export import FORMAT, _write
from instrument_data import ENVELOPE
from instrument_envelope import envelopes, place
from instrument_net import CEILING_DB, CHANNELS, DRUM_KITS, DRUM_REFERENCE, FLOOR_DB, FUNDAMENTAL
from instrument_net import NO_PARTIAL, PARTIALS, PROGRAMS, STEP_GLIDE, InstrumentNet, decibels, noise_edges, seconds_of

KIND = "instruments"
GOLDEN_NOTES, GOLDEN_SEED = 6, 7


def export(state: dict, weights: Path) -> None:
    """Writes `instruments.safetensors`, `instruments.golden.safetensors` and `instruments.training.json` into `weights`."""
    net = InstrumentNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best_weights"])
    halves = {name: value.half().contiguous() for name, value in net.state_dict().items()}
    tables = {name: value.half().contiguous() for name, value in state["tables"].items()}
    tables |= _envelopes(net, halves, tables, state["envelopes"])
    for name, value in (halves | tables).items():
        if not torch.isfinite(value).all():
            raise SystemExit(f"`{name}` is not finite in half precision; nothing was written")
    weights.mkdir(parents=True, exist_ok=True)
    _write(halves | tables, weights / "instruments.safetensors", {"songweave": json.dumps(_metadata(state))})
    _write(_golden(net, tables), weights / "instruments.golden.safetensors")
    parameters = sum(value.numel() for value in halves.values())
    facts = _training(state) | {"parameters": parameters, "table_numbers": sum(value.numel() for value in tables.values())}
    (weights / "instruments.training.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"wrote instruments.safetensors, .golden.safetensors and .training.json to {weights}, {parameters:,} parameters")


def _envelopes(net: InstrumentNet, halves: dict, tables: dict, measured: dict) -> dict[str, torch.Tensor]:
    """The loudness of every key, for the networks as they ship; `net` takes their weights."""
    net.load_state_dict({name: value.float() for name, value in halves.items()})
    found = {}
    for program, one in enumerate(tqdm(net, unit="program")):
        facts = [measured[f"{program}.{name}"] for name in ENVELOPE]
        found[f"{program}.envelope"] = envelopes(one, tables[f"{program}.octaves"].float(), *facts).half().contiguous()
    return found


def _metadata(state: dict) -> dict:
    edges = noise_edges()
    return {
        "format": FORMAT,
        "kind": KIND,
        "name": state["config"]["name"],
        "bands_hz": (0.5 * (edges[1:] + edges[:-1])).round(2).tolist(),
        "parts": [name for name, *_ in PROGRAMS],
        "features": 4,
        "lookahead_hops": 0,
        "hop_seconds": [],
        "seed": state["config"]["seed"],
        "architecture": state["config"]["network"],
        "training": _training(state),
    }


def _training(state: dict) -> dict:
    kept = {key: state["facts"][key] for key in ("command", "sources", "sound_font_sha256", "rate") if key in state["facts"]}
    made = {"name": state["config"]["name"], "steps": state["step"], "resumed": state["resumed"]}
    return made | {"validation": state["best"], "baseline": state["baseline"]} | kept


@torch.no_grad()
def _golden(net: InstrumentNet, tables: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Random notes [note][program, key, velocity, age, released (-1: held)] and their sounds: frequencies, amplitudes
    [channel, partial] and noise [channel, band]. Keys reach beyond the range by a few."""
    draw, notes, answers = np.random.default_rng(GOLDEN_SEED), [], []
    double = net.double()
    for program, (_, low, high) in enumerate(PROGRAMS):
        for _ in range(GOLDEN_NOTES):
            key, velocity = int(draw.integers(low - 4, high + 5)), int(draw.integers(1, 128))
            age = float(np.float32(10.0 ** draw.uniform(-4.0, 1.1)))
            released = float(np.float32(draw.uniform(0.0, 0.1))) if draw.random() < 0.4 else -1.0
            notes.append([program, key, velocity, age, released])
            answers.append(_tone(double[program], tables, *notes[-1]))
    hz, partials, noise = (torch.stack(parts).float().contiguous() for parts in zip(*answers))
    return {"notes": torch.tensor(notes).contiguous(), "hz": hz, "partials": partials, "noise": noise}


def _tone(net, tables: dict[str, torch.Tensor], program: int, key: int, velocity: int, age: float, released: float):
    """One note as models/src/instruments makes it, in double precision."""
    _, low, high = PROGRAMS[program]
    drums, nearest = program < DRUM_KITS, min(max(key, low), high)
    table = {name: tables[f"{program}.{name}"].double() for name in ("octaves", "release", "fall", "envelope")}
    one = torch.tensor([nearest - low]), torch.tensor([float(velocity)]).double(), torch.tensor([age]).double()
    answer = net(*one)
    gain = 40.0 * np.log10(velocity / 127.0) - max(0.0, age - seconds_of(program)) * table["fall"][nearest - low]
    where = float(place(np.array(max(age, 0.0)), seconds_of(program)))
    below = min(int(where), table["envelope"].shape[1] - 2)
    louder = table["envelope"][nearest - low, below : below + 2]
    gain = gain + louder[0] + (where - below) * (louder[1] - louder[0])
    if not drums and released > 0.0:
        gain = gain - released * table["release"][nearest - low]
    level = decibels(answer)[0].clamp(max=CEILING_DB) + gain
    linear = torch.where(level > FLOOR_DB, 10.0 ** (level / 20.0), 0.0)
    octaves = table["octaves"][nearest - low]
    first = FUNDAMENTAL.get(PROGRAMS[program][0], 1.0) * 440.0 * 2.0 ** ((nearest - 69) / 12.0)
    base = DRUM_REFERENCE if drums else first * torch.arange(1, PARTIALS + 1)
    hz = torch.where(octaves < NO_PARTIAL, 0.0, base * 2.0**octaves)
    partials, noise = linear[: CHANNELS * PARTIALS], linear[CHANNELS * PARTIALS :]
    glide = float(answer[0, -1]) * STEP_GLIDE if drums else float(key - nearest)
    return hz * 2.0 ** (min(max(glide, -12.0), 48.0) / 12.0), partials * (hz > 0.0).repeat(CHANNELS), noise
