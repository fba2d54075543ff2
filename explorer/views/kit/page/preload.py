"""Which modules a view is made of, read from their import lines: a page names them all in its head.

A browser that meets a module learns only then what it imports, and asks for that; a view of sixty modules would come in
five such rounds. Named beforehand, all are asked for at once, while Gradio itself still loads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path

from explorer.views.kit.page.module_files import VIEWS_FOLDER, views_address

LOADER = "kit/page/component"
_IMPORT = re.compile(r'^(?:import|export) (?:[\w*{},\s]+ from )?"(\.[^"]+)";', re.M)  # import(...) may not be needed


@cache
def imports_of(path: Path) -> tuple[Path, ...]:
    """The modules that the import lines of a module name, in their order."""
    return tuple((path.parent / name).resolve() for name in _IMPORT.findall(path.read_text(encoding="utf-8")))


def modules_of(names: Iterable[str]) -> dict[str, int]:
    """Modules of the views `names` (as BrowserComponent.NAME), each with the round in which a browser would find it.

    As paths from the folder of the views; the loader is round 0, the view's own module 1, what that imports 2.
    """
    found = {VIEWS_FOLDER / f"{LOADER}.js": 0}
    wave = [VIEWS_FOLDER / f"{name}.js" for name in names]
    depth = 1
    while wave:
        new = dict.fromkeys(path for path in wave if path not in found)
        found |= dict.fromkeys(new, depth)
        wave = [target for path in new for target in imports_of(path)]
        depth += 1
    return {path.relative_to(VIEWS_FOLDER).as_posix(): round_ for path, round_ in found.items()}


def preload_links(names: Iterable[str]) -> str:
    """Elements for the head of a page that shows these views. Their addresses are relative, as those of the loader are:
    behind a proxy they stay under its path.
    Of low priority they would come later than with no link at all."""
    return "".join(
        f'<link rel="modulepreload" href="{escape(views_address() + name)}" />' for name in modules_of(names)
    )
