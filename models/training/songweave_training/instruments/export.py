"""From a checkpoint of the instrument networks to what ships: weight file, golden vectors, facts for the card."""

from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from songweave_training.instruments.data import ENVELOPE
from songweave_training.instruments.envelope import envelopes, place
from songweave_training.instruments.net import CEILING_DB, CHANNELS, DRUM_KITS, DRUM_REFERENCE, FLOOR_DB, FUNDAMENTAL
from songweave_training.instruments.net import NO_PARTIAL, PARTIALS, PROGRAMS, STEP_GLIDE, InstrumentNet, decibels, noise_edges, seconds_of
from songweave_training.instruments.trainer import InstrumentTrainer
from songweave_training.loop.export import halve, in_half, ship

GOLDEN_NOTES, GOLDEN_SEED = 6, 7


def export(state: dict, weights: Path) -> None:
    """Ships the running mean of a run and the tables to the folder `weights`."""
    net = InstrumentNet(**state["config"]["network"]).eval()
    net.load_state_dict(state["best_weights"])
    halves, tables, edges = halve(net), in_half(state["tables"]), noise_edges()
    tables |= in_half(_envelopes(net, tables, state["envelopes"]))
    label = {"bands_hz": (0.5 * (edges[1:] + edges[:-1])).round(2).tolist(), "parts": [name for name, *_ in PROGRAMS], "features": 4}
    training = {"steps": state["step"], "resumed": state["resumed"], "validation": state["best"], "baseline": state["baseline"]}
    kept = ("command", "sources", "sound_font_sha256", "rate")
    training |= {key: state["facts"][key] for key in kept if key in state["facts"]}
    facts = {"table_numbers": sum(value.numel() for value in tables.values())}
    ship(weights, InstrumentTrainer.kind, state, net, halves | tables, _golden(net, tables), training, facts, **label)


def _envelopes(net: InstrumentNet, tables: dict, measured: dict) -> dict[str, torch.Tensor]:
    """The loudness of every key, for the networks as they ship."""
    found = {}
    for program, one in enumerate(tqdm(net, unit="program")):
        facts = [measured[f"{program}.{name}"] for name in ENVELOPE]
        found[f"{program}.envelope"] = envelopes(one, tables[f"{program}.octaves"].float(), *facts)
    return found


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
    """One note as models/src/networks/instruments makes it, in double precision."""
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
