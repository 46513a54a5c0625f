"""Mixtures of voices and backings for Studio's network: what it hears, the true share of the vocals, and what the original says.

    python -m songweave_training.studio.mixtures --sources DIR --weights REST VOCALS --out DIR [--clips N] [--validation N] [--seed N]

in models/training, which `cargo xtask dataset studio` does; with `--stems DIR` instead of `--weights` and `--out` it writes pieces of two mixtures, each a
folder with `vocals.wav` and `instrumental.wav`, from which `cargo xtask dataset mash` mixes on. `--sources` holds recordings at 44.1 kHz as `[2][sample]` arrays of 16-bit numbers, named by what they are: `voice.NAME.npy`
somebody singing alone, `back.NAME.npy` and `loop.NAME.npy` music without voices, `stem.SONG.vocals.npy` and
`stem.SONG.rest.npy` both parts of a song, `mix.NAME.npy` songs whose parts nobody knows."""

import argparse
import json
import shutil
import tomllib
import wave
from pathlib import Path

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

from songweave_training.studio.net import BINS, StudioNet

RATE = 44100
WINDOW, HOP = 4096, 1024
FRAMES = 512
"""Frames of a clip: what the original decides at once."""
SAMPLES = (FRAMES - 1) * HOP
"""Of a clip; half a window before and after it is silent."""
LEVELS_DB = (-9.0, 6.0)
HANN = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


class Sources:
    """Recordings by what they are."""

    def __init__(self, folder: Path, split: dict[str, list[str]]):
        """`split` names, for each kind, which recordings are taken; a name may end with a star."""
        self.kinds = {kind: [] for kind in ("voice", "back", "loop", "stem", "mix")}
        for path in sorted(folder.glob("*.npy")):
            kind, name = path.stem.split(".", 1)
            if any(_fits(name, wanted) for wanted in split.get(kind, [])):
                self.kinds[kind].append(path)
        self._open = {}

    def sound(self, path: Path) -> np.ndarray:
        """A recording, mapped into memory."""
        if path not in self._open:
            self._open[path] = np.load(path, mmap_mode="r")
        return self._open[path]

    def cut(self, path: Path, draw: np.random.Generator, samples: int = SAMPLES) -> np.ndarray:
        """A piece of a recording from anywhere, repeated where it is short."""
        whole = self.sound(path)
        if whole.shape[1] <= samples:
            return np.tile(whole, -(-samples // whole.shape[1]))[:, :samples].astype(np.float32) / 32768.0
        start = int(draw.integers(0, whole.shape[1] - samples))
        return whole[:, start : start + samples].astype(np.float32) / 32768.0


def _fits(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


def clip(sources: Sources, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None]:
    """A mixture and its vocals `[2][sample]`; `None` where nobody knows them."""
    kind = draw.random()
    if kind < 0.04 and sources.kinds["mix"]:
        return _gained(_coloured(sources.cut(_one(sources.kinds["mix"], draw), draw), draw, 0.0), draw), None
    if kind < 0.20 and sources.kinds["stem"]:
        vocals, rest = _song(sources, draw)
    else:
        vocals, rest = _voice(sources, draw), _backing(sources, draw)
    vocals = _coloured(vocals, draw, 0.6)
    rest = _wide(_coloured(rest, draw, 0.1), draw)
    vocals, rest = _at_level(vocals, rest, draw)
    alone = draw.random()
    if alone < 0.06:
        vocals = vocals * 0.0
    elif alone < 0.08:
        rest = rest * 0.0
    if draw.random() < 0.1:
        vocals, rest = (np.repeat(part.mean(0, keepdims=True), 2, 0) for part in (vocals, rest))
    both = np.concatenate([vocals, rest])
    gain = draw.uniform(0.15, 0.95) / max(1e-4, float(np.abs(vocals + rest).max()))
    both *= gain
    return both[:2] + both[2:], both[:2]


def _one(paths: list[Path], draw: np.random.Generator) -> Path:
    """One of them; every first word of the names is as likely as every other."""
    groups = sorted({path.stem.split(".")[1].split("_")[0] for path in paths})
    group = groups[int(draw.integers(len(groups)))]
    inside = [path for path in paths if path.stem.split(".")[1].split("_")[0] == group]
    return inside[int(draw.integers(len(inside)))]


def _song(sources: Sources, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Vocals and rest of a song at the same place, where somebody sings."""
    path = [path for path in sources.kinds["stem"] if path.stem.endswith(".vocals")]
    path = path[int(draw.integers(len(path)))]
    vocals, rest = sources.sound(path), sources.sound(path.with_name(path.name.replace(".vocals.", ".rest.")))
    start = _sung(vocals, draw)
    return tuple(part[:, start : start + SAMPLES].astype(np.float32) / 32768.0 for part in (vocals, rest))


def _sung(vocals: np.ndarray, draw: np.random.Generator) -> int:
    """Where a clip begins in which somebody sings, if ten tries find one."""
    for _ in range(10):
        start = int(draw.integers(0, vocals.shape[1] - SAMPLES))
        if np.abs(vocals[0, start : start + SAMPLES : 64]).mean() > 150:
            break
    return start


def _voice(sources: Sources, draw: np.random.Generator) -> np.ndarray:
    """Somebody singing: a recording, its speed moved as a melody moves, in one or two voices, in the middle or beside it."""
    paths = sources.kinds["voice"] + [path for path in sources.kinds["stem"] if path.stem.endswith(".vocals")]
    place = _one(paths, draw)
    mono = _sing(sources, place, draw)
    if draw.random() < 0.15:
        mono = mono + draw.uniform(0.3, 1.0) * _sing(sources, place if draw.random() < 0.5 else _one(paths, draw), draw)
    side = draw.normal(0.0, 0.15) if draw.random() < 0.4 else 0.0
    return np.stack([mono * (1.0 - side), mono * (1.0 + side)])


def _sing(sources: Sources, path: Path, draw: np.random.Generator) -> np.ndarray:
    """One voice, `[sample]`. Syllables on one pitch become a melody with vibrato; whole performances are moved as a whole."""
    syllables = path.stem.split(".")[1] in ("yuki", "erithacus", "soprano")
    whole = sources.sound(path)
    speed = 2.0 ** (draw.uniform(-5.0, 4.0) / 12.0) if syllables else 2.0 ** (draw.normal(0.0, 2.0) / 12.0)
    curve = np.full(SAMPLES, speed)
    if syllables:
        curve *= _melody(draw)
    place = np.cumsum(curve)
    needed = int(place[-1]) + 3
    if path.stem.startswith("stem"):
        start = _sung(whole, draw) if whole.shape[1] > needed + SAMPLES else 0
        source = whole[:, start : start + needed].astype(np.float32).mean(0) / 32768.0
        source = np.pad(source, (0, max(0, needed - len(source))))
    else:
        source = sources.cut(path, draw, needed).mean(0)
    sound = np.interp(place, np.arange(len(source)), source).astype(np.float32)
    return sound / max(1e-4, float(np.sqrt((sound**2).mean())))


def _melody(draw: np.random.Generator) -> np.ndarray:
    """Factors of the speed, `[sample]`: notes of a scale, glides, and vibrato on some."""
    steps, at = np.zeros(SAMPLES), 0
    note = 0
    while at < SAMPLES:
        length = int(draw.uniform(0.15, 1.2) * RATE)
        steps[at : at + length] = note + draw.normal(0.0, 0.15)
        note = int(np.clip(note + draw.choice([-4, -3, -2, -2, 0, 2, 2, 3, 5]), -6, 6))
        at += length
    glide = int(draw.uniform(0.03, 0.12) * RATE)
    sums = np.cumsum(np.pad(steps, (glide, 0), "edge"))
    steps = (sums[glide:] - sums[:-glide]) / glide
    depth = draw.uniform(0.0, 0.5) * (0.5 + 0.5 * np.sin(np.arange(SAMPLES) * draw.uniform(1.0, 4.0) / RATE))
    vibrato = depth * np.sin(2 * np.pi * draw.uniform(4.5, 6.5) * np.arange(SAMPLES) / RATE)
    return 2.0 ** ((steps + vibrato) / 12.0)


def _backing(sources: Sources, draw: np.random.Generator) -> np.ndarray:
    """Music without voices: a piece, sometimes over a loop, sometimes with a part as through a loud amplifier."""
    music = _levelled(sources.cut(_one(sources.kinds["back"], draw), draw))
    if draw.random() < 0.15 and sources.kinds["loop"]:
        music = music + draw.uniform(0.3, 1.2) * _levelled(sources.cut(_one(sources.kinds["loop"], draw), draw))
    if draw.random() < 0.2:
        music = music + draw.uniform(0.4, 1.2) * _levelled(_amplified(sources.cut(_one(sources.kinds["back"], draw), draw), draw))
    return music


def _amplified(sound: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """As a guitar's amplifier sounds that is turned up: nothing low in, all of it clipped, nothing high out."""
    spectrum, hz = np.fft.rfft(sound), np.fft.rfftfreq(sound.shape[1], 1 / RATE)
    low, high = draw.uniform(80, 250), draw.uniform(1500, 4000)
    driven = np.fft.irfft(spectrum / np.sqrt(1 + (low / np.maximum(hz, 1)) ** 4) / np.sqrt(1 + (hz / high) ** 2), sound.shape[1])
    clipped = np.tanh(driven * draw.uniform(4, 30) / max(1e-4, float(np.sqrt((driven**2).mean()))))
    cabinet = draw.uniform(3500, 6500)
    return np.fft.irfft(np.fft.rfft(clipped) / np.sqrt(1 + (hz / cabinet) ** 8), sound.shape[1]).astype(np.float32)


def _levelled(sound: np.ndarray) -> np.ndarray:
    return sound / max(1e-4, float(np.sqrt((sound**2).mean())))


def _coloured(sound: np.ndarray, draw: np.random.Generator, room: float) -> np.ndarray:
    """Another equaliser and, with the chance `room`, a room."""
    samples = sound.shape[1]
    hz = np.fft.rfftfreq(2 * samples, 1 / RATE)
    octaves = np.log2(np.maximum(hz, 20.0) / 20.0)
    gains = draw.normal(0.0, 2.5, 11)
    curve = 10.0 ** (np.interp(octaves, np.arange(11.0), gains) / 20.0)
    spectrum = np.fft.rfft(sound, 2 * samples) * curve
    if draw.random() < room:
        length = int(draw.uniform(0.2, 1.6) * RATE)
        tail = draw.normal(0.0, 1.0, (2, length)) * 10.0 ** (-3.0 * np.arange(length) / length)
        tail *= 10.0 ** (draw.uniform(-30.0, -12.0) / 20.0) / np.sqrt((tail**2).sum(1, keepdims=True)) * 2.0
        tail[:, 0] = 1.0
        spectrum = spectrum * np.fft.rfft(tail, 2 * samples)
    return np.fft.irfft(spectrum)[:, :samples].astype(np.float32)


def _wide(sound: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Narrower, wider, or with both sides changed."""
    middle, side = sound.mean(0), (sound[0] - sound[1]) / 2 * draw.uniform(0.0, 1.5)
    return np.stack([middle + side, middle - side][:: 1 if draw.random() < 0.5 else -1])


def _at_level(vocals: np.ndarray, rest: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    level = 10.0 ** (draw.uniform(*LEVELS_DB) / 20.0)
    return level * _levelled(vocals), _levelled(rest)


def _gained(sound: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return sound * draw.uniform(0.15, 0.95) / max(1e-4, float(np.abs(sound).max()))


def spectra(sound: np.ndarray) -> np.ndarray:
    """Bins `[channel][frame][bin]` as the original hears them, below 11 kHz."""
    padded = np.pad(sound, ((0, 0), (WINDOW // 2, WINDOW // 2)))
    return np.fft.rfft(sliding_window_view(padded, WINDOW, axis=1)[:, ::HOP] * HANN)[:, :FRAMES, :BINS]


def original(nets: list[StudioNet], magnitudes: np.ndarray) -> np.ndarray:
    """The original's share of the vocals: twelve seconds at once, both networks."""
    with torch.no_grad():
        rest, vocals = (net(torch.from_numpy(magnitudes)[None], FRAMES)[0].numpy() for net in nets)
    return vocals**2 / (vocals**2 + rest**2 + 1e-10)


def true_share(vocals: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    """The share of each bin, 0…1, that comes nearest to the vocals."""
    return np.clip((vocals * mixture.conj()).real / np.maximum(np.abs(mixture) ** 2, 1e-9), 0.0, 1.0)


def write(path: Path, mixture: np.ndarray, vocals: np.ndarray | None, nets: list[StudioNet]) -> None:
    """One clip as a file: magnitudes, the original's shares, and the true ones or the original's again."""
    bins = spectra(mixture)
    magnitudes = np.abs(bins).astype(np.float32)
    taught = original(nets, magnitudes)
    known = true_share(spectra(vocals), bins) if vocals is not None else taught
    eighths = [np.round(255 * share).astype(np.uint8) for share in (taught, known)]
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, magnitudes=magnitudes.astype(np.float16), taught=eighths[0], known=eighths[1])
    partial.rename(path)


def stems(sources: Sources, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Vocals and rest `[2][sample]` of two mixtures, one after the other."""
    pieces = []
    while len(pieces) < 2:
        mixture, vocals = clip(sources, draw)
        if vocals is not None:
            pieces.append((vocals, mixture - vocals))
    vocals, rest = (np.concatenate(parts, 1) for parts in zip(*pieces))
    return vocals, rest


def write_stems(folder: Path, vocals: np.ndarray, rest: np.ndarray) -> None:
    """One piece as a folder of two files in 16 bits."""
    partial = folder.with_suffix(".partial")
    partial.mkdir(exist_ok=True)
    for name, part in {"vocals": vocals, "instrumental": rest}.items():
        with wave.open(str(partial / f"{name}.wav"), "wb") as file:
            file.setparams((2, 2, RATE, 0, "NONE", ""))
            file.writeframes(np.round(32767 * part.T.clip(-1.0, 1.0)).astype("<i2").tobytes())
    partial.rename(folder)


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    out = arguments.stems or arguments.out
    out.mkdir(parents=True, exist_ok=True)
    splits = tomllib.loads(arguments.config.read_text())["split"]
    nets = []
    if arguments.weights:
        shutil.copyfile(arguments.weights[0], out / "weights.safetensors")
        (out / "set.json").write_text(json.dumps({"split": splits, "seed": arguments.seed}) + "\n")
        nets = [StudioNet(path) for path in arguments.weights]
    for offset, (split, clips) in enumerate({"train": arguments.clips, "validation": arguments.validation}.items()):
        sources = Sources(arguments.sources, splits[split])
        for number in tqdm(range(clips), desc=split, unit="clip"):
            path, draw = out / f"{split}-{number:05}", np.random.default_rng([arguments.seed + offset, number])
            if nets and not path.with_suffix(".npz").exists():
                write(path.with_suffix(".npz"), *clip(sources, draw), nets)
            elif not nets and not path.exists():
                write_stems(path, *stems(sources, draw))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path(__file__).parents[2] / "configs/studio.toml")
    parser.add_argument("--weights", type=Path, nargs=2, help="of the original: accompaniment, vocals")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--stems", type=Path)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--validation", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if (arguments.stems is None) == (arguments.out is None) or (arguments.out is None) != (arguments.weights is None):
        parser.error("either --stems, or --out and --weights")
    return arguments


if __name__ == "__main__":
    main()
