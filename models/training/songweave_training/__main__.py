"""Trains Songweave's networks on sets that `cargo xtask dataset` wrote.

    python -m songweave_training NETWORK --data DIR --out DIR [--config FILE] [--resume | --from RUN] [--steps N]
    torchrun --nproc-per-node GPUS -m songweave_training mash …
    python -m songweave_training export --run DIR --weights models/weights
    python -m songweave_training listener --data DIR DIR … --tags FILE
    python -m songweave_training table --as architectures --runs DIR DIR … --json FILE

in models/training, which is what `cargo xtask train` does.
"""

import argparse
import json
import tomllib
from pathlib import Path

from songweave_training.chords.export import export as export_chords
from songweave_training.chords.trainer import ChordTrainer
from songweave_training.groove.export import export as export_groove
from songweave_training.groove.trainer import GrooveTrainer
from songweave_training.instruments.export import export as export_instruments
from songweave_training.instruments.trainer import InstrumentTrainer
from songweave_training.listener.export import train as train_listener
from songweave_training.loop import checkpoint
from songweave_training.mash.export import export as export_mash
from songweave_training.mash.trainer import MashTrainer
from songweave_training.melody.export import export as export_melody
from songweave_training.melody.trainer import MelodyTrainer
from songweave_training.pix2pix.trainer import Pix2pixTrainer
from songweave_training.song_chords.export import export as export_song_chords
from songweave_training.song_chords.trainer import SongChordTrainer
from songweave_training.studio.export import export as export_studio
from songweave_training.studio.trainer import StudioTrainer

TRAINING = Path(__file__).parents[1]
"""models/training."""
TRAINERS = {
    trainer.kind: trainer
    for trainer in (
        MashTrainer,
        ChordTrainer,
        SongChordTrainer,
        GrooveTrainer,
        MelodyTrainer,
        InstrumentTrainer,
        Pix2pixTrainer,
        StudioTrainer,
    )
}
EXPORTERS = {
    MashTrainer.kind: export_mash,
    ChordTrainer.kind: export_chords,
    SongChordTrainer.kind: export_song_chords,
    GrooveTrainer.kind: export_groove,
    MelodyTrainer.kind: export_melody,
    InstrumentTrainer.kind: export_instruments,
    StudioTrainer.kind: export_studio,
}
"""Of the networks that ship."""
CONTINUED = (MashTrainer.kind, ChordTrainer.kind, SongChordTrainer.kind)
"""Networks that can begin with the weights of another run, and say so in their facts."""


def main() -> None:
    arguments = _parser().parse_args()
    if arguments.command == "export":
        _export(arguments.run, arguments.weights)
    elif arguments.command == "table":
        _table(arguments.kind, arguments.runs, arguments.json)
    elif arguments.command == "listener":
        train_listener(read_config(arguments.config), arguments.data, arguments.weights, arguments.tags)
    else:
        _train(arguments)


def _train(arguments: argparse.Namespace) -> None:
    trainer = TRAINERS[arguments.command](read_config(arguments.config), arguments.data, arguments.out, arguments.steps)
    if arguments.resume:
        trainer.resume()
    elif arguments.command in CONTINUED and arguments.begin_from:
        trainer.begin_from(arguments.begin_from)
    trainer.stop_on_signals()
    trainer.run()


def _export(run: Path, weights: Path) -> None:
    """Each kind of network has its own files."""
    state = checkpoint.load(run)
    # Early checkpoints of these two do not say their kind.
    kind = state.get("kind", GrooveTrainer.kind if "best_weights" in state else MashTrainer.kind)
    if kind not in EXPORTERS:
        raise SystemExit(f"{run}: nothing of {kind} ships")
    EXPORTERS[kind](state, weights)


def read_config(path: Path) -> dict:
    """A configuration. With `base = FILE` it only says what is different from that file (seen from its own folder)."""
    try:
        config = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SystemExit(f"{path}: {error}") from error
    base = config.pop("base", None)
    return _changed(read_config(path.parent / base), config) if base else config


def _changed(config: dict, changes: dict) -> dict:
    """Tables are merged, except for `weights` and `network`, which only make sense as a whole."""
    whole = ("weights", "network")
    merge = {name: _changed(config[name], x) for name, x in changes.items() if isinstance(x, dict) and name not in whole}
    return config | changes | merge


def _table(kind: str, runs: list[Path], path: Path) -> None:
    """The results of some runs side by side, as `cargo xtask card` reads them."""
    try:
        results = [json.loads((run / "result.json").read_text()) for run in runs]
    except (OSError, json.JSONDecodeError) as error:
        raise SystemExit(f"a run has no readable result.json: {error}") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({kind: results}, indent=2) + "\n")
    for result in results:
        said = ", ".join(f"{name} {figures['gain_db']:.2f} dB" for name, figures in result["validation"].items())
        print(f"{result['name']}: {result['parameters']:,} parameters, {said}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cargo xtask train", description="Trains Songweave's networks.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, trainer in TRAINERS.items():
        network = commands.add_parser(name, help=f"train the {name} network")
        network.add_argument("--config", type=Path, default=TRAINING / "configs" / f"{name}.toml")
        network.add_argument("--data", type=Path, required=True, help=f"set written by `cargo xtask dataset {trainer.dataset}`")
        network.add_argument("--out", type=Path, required=True, help="checkpoints and curves; keep it outside the repository")
        network.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
        if name in CONTINUED:
            network.add_argument("--from", dest="begin_from", type=Path, metavar="RUN", help="begin with the weights of another run, or with a weight file")
        network.add_argument("--steps", type=int, help="last step, instead of the configuration's")
    shipped = commands.add_parser("export", help="write weight file, golden vectors and facts from a run")
    shipped.add_argument("--run", type=Path, required=True, help="the run's --out")
    shipped.add_argument("--weights", type=Path, default=TRAINING.parent / "weights")
    listener = commands.add_parser("listener", help="learn the listener's two layers and write them into its weight file")
    listener.add_argument("--config", type=Path, default=TRAINING / "configs" / "listener.toml")
    listener.add_argument("--data", type=Path, nargs="+", required=True, help="sets written by `cargo xtask dataset listener`")
    listener.add_argument("--tags", type=Path, required=True, help="written by xtask/python/listener/convert.py")
    listener.add_argument("--weights", type=Path, default=TRAINING.parent / "weights")
    table = commands.add_parser("table", help="put the results of some runs side by side")
    table.add_argument("--as", dest="kind", choices=["architectures", "ablations"], required=True)
    table.add_argument("--runs", type=Path, nargs="+", required=True, help="the runs' --out folders")
    table.add_argument("--json", type=Path, required=True, help="where to write the table")
    return parser


if __name__ == "__main__":
    main()
