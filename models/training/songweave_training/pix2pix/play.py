"""What a trained pix2pix baseline plays to voices.

    python -m songweave_training.pix2pix.play --run DIR (--voices DIR --out DIR | --choose DIR)
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from songweave_training.loop import checkpoint
from songweave_training.loop.trainer import parameters_of
from songweave_training.pix2pix.data import Pix2pixSet
from songweave_training.pix2pix.net import Generator
from songweave_training.pix2pix.sound import griffin_lim, magnitudes, picture, read_wav, sound, spectrum, write_wav
from songweave_training.pix2pix.trainer import Pix2pixTrainer

ROUNDS = 32
"""Of Griffin and Lim's algorithm."""
PHASES = ("voice", "griffin-lim")


class Player:
    """The generator of a run."""

    def __init__(self, run: Path):
        self.state = checkpoint.load(run)
        if self.state.get("kind") != Pix2pixTrainer.kind:
            raise SystemExit(f"{run}: this run is not of pix2pix")
        config = self.state["config"]
        self.frames = config["training"]["frames"]
        self.net = Generator(config["network"]["generator"], config["network"]["dropout"]).eval()
        self.net.load_state_dict(self.state["generator"])

    @torch.no_grad()
    def picture(self, voice: Tensor) -> Tensor:
        """The accompaniment to a voice of any length, `[bin][frame]` both: patches as in training, half of each over the next."""
        half, frames = self.frames // 2, voice.shape[1]
        patches = -(-frames // half) + 1
        padded = torch.full((voice.shape[0], (patches + 1) * half), -1.0)
        padded[:, half : half + frames] = voice
        weight = torch.hann_window(self.frames)
        found = torch.zeros_like(padded)
        for at in range(0, patches * half, half):
            patch = padded[:, at : at + self.frames]
            found[:, at : at + self.frames] += weight * self.net(patch[None, None])[0, 0]
        return found[:, half : half + frames]

    def play(self, voice: np.ndarray, phases: str) -> np.ndarray:
        """The accompaniment to a voice as sound: with the voice's phases or with those of Griffin and Lim."""
        bins = spectrum(torch.from_numpy(voice))
        found = magnitudes(self.picture(picture(bins)))
        if phases == "voice":
            return sound(torch.polar(found, bins.angle()), len(voice)).numpy()
        return griffin_lim(found, len(voice), ROUNDS).numpy()

    def facts(self) -> dict:
        """How it was trained."""
        state = self.state
        validation = [point["absolute_error"] for point in state["history"] if point["split"] == "validation"]
        return {
            "parameters": parameters_of(self.net), "steps": state["step"], "minutes": state["seconds"] / 60.0,
            "core_minutes": state["core_seconds"] / 60.0, "songs": state["songs"], "set": state["facts"], "validation": validation[-1] if validation else None,
        }


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of two sounds' pictures in dB, whatever their phases."""
    pictures = [picture(spectrum(torch.from_numpy(x))) for x in (one, other)]
    return float(50.0 * (pictures[0] - pictures[1]).abs().mean())


def choose(player: Player, data: Path) -> dict[str, float]:
    """How far the sound with each kind of phases is from the true one, in dB, on the songs to choose by."""
    songs = Pix2pixSet(data, "validation")
    errors = {phases: [] for phases in PHASES}
    for name in tqdm(songs.names, unit="song"):
        voice, band = (songs.samples(name, kind) for kind in ("voice", "band"))
        for phases in PHASES:
            errors[phases].append(distance(player.play(voice, phases), band))
    return {phases: float(np.mean(found)) for phases, found in errors.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Plays a pix2pix baseline.")
    parser.add_argument("--run", type=Path, required=True, help="the run's --out")
    parser.add_argument("--voices", type=Path, help="folder of SONG.voice.wav")
    parser.add_argument("--out", type=Path, help="folder for SONG.pix2pix.wav and pix2pix.json")
    parser.add_argument("--phases", choices=PHASES, default="griffin-lim")
    parser.add_argument("--choose", type=Path, metavar="DIR", help="only compare the kinds of phases on a set's validation songs")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    player = Player(arguments.run)
    if arguments.choose:
        print(json.dumps(choose(player, arguments.choose), indent=2))
        return
    if not (arguments.voices and arguments.out):
        parser.error("--voices and --out are needed")
    for path in tqdm(sorted(arguments.voices.glob("*.voice.wav")), unit="song"):
        played = player.play(read_wav(path), arguments.phases)
        write_wav(arguments.out / path.name.replace(".voice.wav", ".pix2pix.wav"), played)
    facts = player.facts() | {"phases": arguments.phases}
    (arguments.out / "pix2pix.json").write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
