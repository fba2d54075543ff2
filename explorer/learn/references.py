"""Methods with their papers, read from what the quantizers say of themselves, so that the list cannot drift."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from explorer.quantizers import QUANTIZERS

AUTHORS = r"(?:van den )?[A-Z][\w-]+(?: et al\.| and [A-Z][\w-]+)?"
PLACE = r"arXiv \d{4}\.\d{4,5}|IEEE \w+ \d+|CVPR|ECCV|Aalto"  # the last a thesis
# "Lee et al. 2022, arXiv 2203.01941", "Ge et al. 2013 (Optimized product quantization ..., CVPR)" or neither place.
PAPER = re.compile(rf"({AUTHORS} (?:19|20)\d\d)(?:, ({PLACE})| \((?:[^()]*?, )?({PLACE})[,)])?")


@dataclass(frozen=True)
class Reference:
    """id: of the quantizer. words: the first sentence of its file. papers: as it names them, each once: authors with
    year, and where it is, an arXiv number or a venue."""

    id: str
    words: str
    papers: tuple[str, ...]


@cache
def references() -> Sequence[Reference]:
    """One for each quantizer of the registry. Nothing is imported: the files are read."""
    return tuple(_of(name, path.partition(":")[0]) for name, path in QUANTIZERS.entries.items())


def _of(name: str, module: str) -> Reference:
    file = Path(__file__).resolve().parents[2] / Path(*module.split(".")).with_suffix(".py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    texts = [ast.get_docstring(tree) or ""]
    texts += [ast.get_docstring(node) or "" for node in tree.body if isinstance(node, ast.ClassDef)]
    places: dict[str, str] = {}  # authors and year -> the first place that is named
    for text in texts:
        for paper, after, inside in PAPER.findall(" ".join(text.split())):
            places[paper] = places.get(paper) or after or inside
    first = " ".join(texts[0].split("\n\n")[0].split())
    return Reference(name, first, tuple(f"{paper}, {place}" if place else paper for paper, place in places.items()))
