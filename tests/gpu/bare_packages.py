"""Run a module as a machine has it that has nothing but the packages of the table: every other import fails.

`python -m tests.gpu.bare_packages MODULE ARGUMENTS ...`
"""

from __future__ import annotations

import importlib.metadata as metadata
import re
import runpy
import sys
from importlib.machinery import PathFinder

ALLOWED = ("torch", "numpy", "scipy", "scikit-learn", "scikit-image", "pillow", "safetensors", "pytest")
OWN = {"explorer", "tests"}


def allowed_modules() -> set[str]:
    """Top-level names of those packages and of what they need themselves."""
    wanted, names = list(ALLOWED), set()
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in names:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        names.add(name)
        wanted += [re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in needs if "extra ==" not in one]
    found = metadata.packages_distributions()
    return {top for top, made in found.items() if any(re.sub(r"[-_.]+", "-", one).lower() in names for one in made)}


class BareFinder:
    """Finds modules as Python does, but for those of any other package, which are not there."""

    def __init__(self) -> None:
        allowed = allowed_modules() | OWN | sys.stdlib_module_names
        self._others = set(metadata.packages_distributions()) - allowed

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in self._others else PathFinder.find_spec(name, path, target)

    def find_distributions(self, *arguments):
        """Versions are still told."""
        return PathFinder.find_distributions(*arguments)


def leave_bare() -> None:
    """From now on this process finds no module of any other package."""
    sys.meta_path[sys.meta_path.index(PathFinder)] = BareFinder()


def main() -> None:
    module, sys.argv = sys.argv[1], sys.argv[1:]
    leave_bare()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
