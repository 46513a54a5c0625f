"""Trains Songweave's networks on feature sets that `cargo xtask dataset` wrote.

    python models/training/train.py mash --config models/training/mash.toml --data DIR --out DIR [--resume] [--steps N]
    python models/training/train.py chords --config models/training/chords.toml --data DIR --out DIR [--resume] [--steps N]
    torchrun --nproc-per-node GPUS models/training/train.py mash …
    python models/training/train.py groove --config models/training/groove.toml --data DIR --out DIR [--resume] [--steps N]
    python models/training/train.py melody --config models/training/melody.toml --data DIR --out DIR [--resume] [--steps N]
    python models/training/train.py instruments --config models/training/instruments.toml --data DIR --out DIR [--resume] [--steps N]
    python models/training/train.py pix2pix --config models/training/pix2pix.toml --data DIR --out DIR [--resume] [--steps N]
    python models/training/train.py export --run DIR --weights models/weights
    python models/training/train.py table --as architectures --runs DIR DIR … --json FILE
"""

import argparse
import json
import tomllib
from pathlib import Path

import checkpoint
import chord_export
from chord_trainer import KIND as CHORDS, ChordTrainer
import groove_export
from export import export
from groove_trainer import GrooveTrainer
import instrument_export
from instrument_trainer import KIND as INSTRUMENTS, InstrumentTrainer
import melody_export
from melody_trainer import KIND as MELODY, MelodyTrainer
from pix2pix_trainer import KIND as PIX2PIX, Pix2pixTrainer
from trainer import Trainer, describe


SMALL = {
    "groove": GrooveTrainer,
    MELODY: MelodyTrainer,
    INSTRUMENTS: InstrumentTrainer,
    PIX2PIX: Pix2pixTrainer,
}
"""Networks that begin from nothing and train on one processor."""


def main() -> None:
    arguments = _parser().parse_args()
    if arguments.command == "export":
        _export(arguments.run, arguments.weights)
        return
    if arguments.command in SMALL:
        _small(arguments)
        return
    if arguments.command == "table":
        _table(arguments.kind, arguments.runs, arguments.json)
        return
    kind = ChordTrainer if arguments.command == CHORDS else Trainer
    trainer = kind(read_config(arguments.config), arguments.data, arguments.out, arguments.steps)
    if arguments.resume:
        trainer.resume()
    elif arguments.begin_from:
        trainer.begin_from(arguments.begin_from)
    trainer.stop_on_signals()
    if kind is Trainer and trainer.rank == 0:
        print(describe(trainer))
    trainer.run()


def _small(arguments: argparse.Namespace) -> None:
    trainer = SMALL[arguments.command](read_config(arguments.config), arguments.data, arguments.out, arguments.steps)
    if arguments.resume:
        trainer.resume()
    trainer.stop_on_signals()
    trainer.run()


def _export(run: Path, weights: Path) -> None:
    """Each kind of network has its own files."""
    state = checkpoint.load(run)
    if state.get("kind") == CHORDS:
        chord_export.export(state, weights)
    elif state.get("kind") == MELODY:
        melody_export.export(state, weights)
    elif state.get("kind") == INSTRUMENTS:
        instrument_export.export(state, weights)
    elif "best_weights" in state:
        groove_export.export(state, weights)
    else:
        export(run, weights)


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
    parser = argparse.ArgumentParser(description="Trains Songweave's networks.")
    commands = parser.add_subparsers(dest="command", required=True)
    sets = {"mash": "mash", CHORDS: "band"} | {name: name for name in SMALL}
    for name, data in sets.items():
        network = commands.add_parser(name, help=f"train the {name} network")
        network.add_argument("--config", type=Path, default=Path(__file__).with_name(f"{name}.toml"))
        network.add_argument("--data", type=Path, required=True, help=f"set written by `cargo xtask dataset {data}`")
        network.add_argument("--out", type=Path, required=True, help="checkpoints and curves; keep it outside the repository")
        network.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
        if name not in SMALL:
            network.add_argument("--from", dest="begin_from", type=Path, metavar="RUN", help="begin with the weights of another run")
        network.add_argument("--steps", type=int, help="last step, instead of the configuration's")
    shipped = commands.add_parser("export", help="write weight file, golden vectors and facts from a run")
    shipped.add_argument("--run", type=Path, required=True, help="the run's --out")
    shipped.add_argument("--weights", type=Path, default=Path(__file__).parents[1] / "weights")
    table = commands.add_parser("table", help="put the results of some runs side by side")
    table.add_argument("--as", dest="kind", choices=["architectures", "ablations"], required=True)
    table.add_argument("--runs", type=Path, nargs="+", required=True, help="the runs' --out folders")
    table.add_argument("--json", type=Path, required=True, help="where to write the table")
    return parser


if __name__ == "__main__":
    main()
