"""Trains Songweave's networks on feature sets that `cargo xtask dataset` wrote.

    python models/training/train.py mash --config models/training/mash.toml --data DIR --out DIR [--resume] [--steps N]
    torchrun --nproc-per-node GPUS models/training/train.py mash …
    python models/training/train.py export --run DIR --weights models/weights
"""

import argparse
import tomllib
from pathlib import Path

from export import export
from trainer import Trainer, describe


def main() -> None:
    arguments = _parser().parse_args()
    if arguments.command == "export":
        export(arguments.run, arguments.weights)
        return
    trainer = Trainer(_read(arguments.config), arguments.data, arguments.out, arguments.steps)
    if arguments.resume:
        trainer.resume()
    trainer.stop_on_signals()
    if trainer.rank == 0:
        print(describe(trainer))
    trainer.run()


def _read(config: Path) -> dict:
    try:
        return tomllib.loads(config.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SystemExit(f"{config}: {error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Trains Songweave's networks.")
    commands = parser.add_subparsers(dest="command", required=True)
    mash = commands.add_parser("mash", help="train the mash network")
    mash.add_argument("--config", type=Path, default=Path(__file__).with_name("mash.toml"))
    mash.add_argument("--data", type=Path, required=True, help="feature set written by `cargo xtask dataset mash`")
    mash.add_argument("--out", type=Path, required=True, help="checkpoints and curves; keep it outside the repository")
    mash.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    mash.add_argument("--steps", type=int, help="last step, instead of the configuration's")
    shipped = commands.add_parser("export", help="write weight file, golden vectors and facts from a run")
    shipped.add_argument("--run", type=Path, required=True, help="the run's --out")
    shipped.add_argument("--weights", type=Path, default=Path(__file__).parents[1] / "weights")
    return parser


if __name__ == "__main__":
    main()
