"""Recordings and played scores for Studio's mixtures, as arrays of 16-bit numbers at 44.1 kHz.

    python -m songweave_training.studio.sources --data DIR --out DIR

in models/training, which `cargo xtask dataset studio` does. Needs Debian's ffmpeg, fluidsynth, fluid-soundfont-gm,
musescore-general-soundfont-lossless, mma, lmms and ufoai-music. Files that are there are kept. Singers and pieces that the
project measures with are left out, and whoever made them; so is all that may not be trained on."""

import argparse
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from songweave_training.studio.mixtures import RATE

FONTS = ("FluidR3_GM.sf2", "MuseScore_General_Full.sf2")
MUSIC = Path("/usr/share/games/ufoai/base/0music.pk3")
UFOAI = ["David01", "David02", "David03", "David04", "David05", "alBasrahM", "azrael1", "greecei", "karlmacklin_geoscape", "turinItalyM"]
UFOAI += ["van_geoscape", "van_mission", "van_mission2", "van_mission3", "van_mission4", "van_theme"]
LMMS = ["EsoXLB-CPU", "Impulslogik-Zen", "Oglsdl-PpTrip", "Thomasso-AxeFromThe80s"]
SONGS = ["2.Lithium", "3.Sodium", "4.Potassium"]
STYLES = "Ballad BasicRock Beguine Blues BossaNova FastBlues Folk Funk1 House Jazz54 Salsa Swing Tango"
CHORDS = ["C Am F G", "Dm G C Am", "Am F C G", "Em C G D", "F Dm Bb C", "Gm Eb Bb F", "A D E A", "C C7 F Fm", "Bm G D A", "E A B7 E"]
EVERY = 4
"""One of so many pieces of Freedoom's is played."""
QUIET = 300
"""Of 32,768: before and after it a syllable is cut."""
LONGEST = 150
"""Seconds of a piece."""


def decoded(path: Path, seconds: int = 1000) -> np.ndarray:
    """A recording, `[2][sample]`."""
    command = ["ffmpeg", "-v", "error", "-t", str(seconds), "-i", path, "-ac", "2", "-ar", str(RATE), "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout, "<i2").reshape(-1, 2).T


def syllables(paths: list[Path]) -> np.ndarray:
    """Recordings one after the other, without the silence around each."""
    pieces = []
    for path in paths:
        sound = decoded(path)
        loud = np.flatnonzero(np.abs(sound).max(0) > QUIET)
        if len(loud) > RATE // 10:
            pieces.append(sound[:, max(0, loud[0] - 1000) : loud[-1] + 2000])
    return np.concatenate(pieces, 1)


def parts(folder: Path) -> dict[str, np.ndarray]:
    """Vocals and the rest of a song of stems."""
    stems = [path for path in sorted(folder.glob("*.m4a")) if "Master" not in path.name]
    sums = {}
    for name, paths in {"vocals": [p for p in stems if "VOX" in p.name], "rest": [p for p in stems if "VOX" not in p.name]}.items():
        sounds = [decoded(path).astype(np.int32) for path in paths]
        sums[name] = np.zeros((2, max(sound.shape[1] for sound in sounds)), np.int32)
        for sound in sounds:
            sums[name][:, : sound.shape[1]] += sound
    gain = min(1.0, 32000 / max(np.abs(part).max() for part in sums.values()))
    samples = min(part.shape[1] for part in sums.values())
    return {name: (part[:, :samples] * gain).astype(np.int16) for name, part in sums.items()}


def played(score: Path, font: str) -> np.ndarray:
    """A MIDI file through a sound font."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "played.wav"
        command = ["fluidsynth", "-ni", "-q", "-g", "0.4", "-F", wav, "-r", str(RATE), f"/usr/share/sounds/sf2/{font}", score]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return decoded(wav, 75)[:, 3 * RATE :]


def styled(style: str, draw: np.random.Generator, folder: Path) -> Path:
    """A MIDI file of six rounds of chords in a style of MMA's."""
    rounds = [CHORDS[int(draw.integers(len(CHORDS)))].split() for _ in range(2)]
    chords = [chord for round_ in range(6) for chord in rounds[round_ % 3 // 2]]
    lines = [f"Tempo {int(draw.integers(75, 150))}", f"Groove {style}", *(f"{bar + 1} {chord}" for bar, chord in enumerate(chords))]
    text, score = folder / "style.mma", folder / "style.mid"
    text.write_text("\n".join(lines) + "\n")
    subprocess.run(["mma", text, "-f", score], check=True, stdout=subprocess.DEVNULL)
    return score


def rendered(project: str, folder: Path) -> np.ndarray:
    """A song of LMMS's."""
    sound = folder / "song.ogg"
    command = ["lmms", "--allowroot", "render", f"/usr/share/lmms/projects/demos/{project}.mmpz", "-o", sound, "-f", "ogg"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, check=True, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, **quiet)
    return decoded(sound, 120)


def collect(data: Path, out: Path) -> None:
    """Writes all of them."""
    out.mkdir(parents=True, exist_ok=True)

    def put(name: str, sound, *arguments) -> None:
        if not (out / f"{name}.npy").exists():
            np.save(out / f"{name}.npy", np.ascontiguousarray(sound(*arguments)))

    put("voice.yuki", syllables, sorted(data.glob("voices/yuki/*.ogg")))
    put("voice.erithacus", syllables, sorted(data.glob("erithacus/*.wav")))
    put("voice.da", decoded, data / "clips/vocal-da-80bpm.wav")
    put("voice.speechm", decoded, data / "voices/sms/speech-male.wav")
    put("mix.example", decoded, data / "clips/spleeter_example.mp3")
    for path in sorted(data.glob("loops/etc/samples/*.flac")):
        put(f"loop.{path.stem}", decoded, path)
    for song in SONGS:
        if not (out / f"stem.{song}.rest.npy").exists():
            for name, part in parts(data / "stems/src" / song).items():
                put(f"stem.{song}.{name}", lambda part: part, part)
    draw = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(MUSIC) as music:
            for piece in UFOAI:
                put(f"back.ufoai_{piece}", decoded, Path(music.extract(f"music/{piece}.ogg", folder)), LONGEST)
        for song in LMMS:
            put(f"back.lmms_{song}", rendered, song, folder)
        for score in sorted(data.glob("freedoom/musics/*.mid"))[::EVERY]:
            put(f"back.freedoom_{score.stem}", played, score, FONTS[draw.random() > 0.8])
        for style in STYLES.split():
            put(f"back.mma_{style}", played, styled(style, draw, folder), FONTS[draw.random() > 0.8])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        collect(arguments.data, arguments.out)
    except FileNotFoundError as error:
        raise SystemExit(f"{error.filename}: it is missing; install what songweave_training/studio/sources.py names, and try again") from error
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{error.cmd[0]} failed with {error.returncode} at {error.cmd[-1]}; nothing of it was kept, try again") from error


if __name__ == "__main__":
    main()
