"""The package asks for exact versions, and they are those that its tests run with."""

import re
import tomllib
import unittest
from importlib.metadata import version

from songweave_training.__main__ import TRAINERS, read_config
from tests import CONFIGS

TRAINING = CONFIGS.parent


def pinned(lines: list[str]) -> dict[str, str]:
    """Versions by package; an entry that names no exact version has none."""
    entries = (line.split(";")[0].strip() for line in lines if line.strip() and not line.startswith("#"))
    found = (re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][0-9A-Za-z.]*)", entry) or entry for entry in entries)
    return dict((x, "") if isinstance(x, str) else (x[1], x[2]) for x in found)


class Package(unittest.TestCase):
    def test_versions_are_exact_and_those_of_the_environment(self):
        project = tomllib.loads((TRAINING / "pyproject.toml").read_text())
        wanted = pinned(project["project"]["dependencies"])
        listed = {}
        for name in ("requirements.txt", "torch.txt"):
            listed |= pinned((TRAINING / name).read_text().splitlines())
        self.assertNotIn("", [*wanted.values(), *listed.values()])
        self.assertEqual({name: listed.get(name) for name in wanted}, wanted)
        self.assertEqual({name: version(name).split("+")[0] for name in wanted}, wanted)

    def test_every_folder_is_in_the_package(self):
        project = tomllib.loads((TRAINING / "pyproject.toml").read_text())
        folders = {path.parent.relative_to(TRAINING) for path in (TRAINING / "songweave_training").rglob("*.py")}
        self.assertEqual({".".join(folder.parts) for folder in folders}, set(project["tool"]["setuptools"]["packages"]))

    def test_every_network_has_a_configuration(self):
        for name in TRAINERS:
            self.assertLessEqual({"name", "seed", "network", "training", "log"}, set(read_config(CONFIGS / f"{name}.toml")))
        for variant in (CONFIGS / "variants").iterdir():
            self.assertIn("steps", read_config(variant)["training"])


if __name__ == "__main__":
    unittest.main()
