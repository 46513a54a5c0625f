"""`python -m unittest discover -t . -s tests` in models/training; `cargo xtask test` runs it as well."""

from pathlib import Path

CONFIGS = Path(__file__).parents[1] / "configs"
