"""The code blocks of a document, and carrying them out on a copy of the project.

The first line of a block says where it goes, as a comment: `PATH` (a new file), `PATH, imports` (below the imports),
`PATH, in NAME` (at the end of that list, mapping, registry or dataclass), or `PATH, instead of: TEXT`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

HEAD = re.compile(
    r"(?:#|//|/\*) ((?:explorer|tests)/[\w./]+?\.\w+)(?:, (imports|in (\w+)|instead of: (.+?)))?(?: \*/)?"
)


@dataclass(frozen=True)
class Block:
    """path: from the root of the project. place: how it goes there. code: without the first line."""

    path: str
    place: str
    name: str
    code: str


def blocks_of(text):
    """The blocks of a document that say where they go."""
    found = []
    for body in re.findall(r"^```(?:python|js|css)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        first, _, code = body.partition("\n")
        if head := HEAD.fullmatch(first):
            path, place, name, old = head.groups()
            found.append(Block(path, (place or "new").split(" ")[0], name or old or "", code))
    return found


def carry_out(block, folder: Path):
    """Write or change the file below `folder`. Fails where it is there already, or where the place is not."""
    path = folder / block.path
    if block.place == "new":
        assert not path.exists(), f"{block.path} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.code, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if block.place == "instead":
        assert text.count(block.name) == 1, f"{block.path} has {block.name!r} {text.count(block.name)} times"
        text = text.replace(block.name, block.code.rstrip("\n"))
    elif block.place == "imports":
        at = list(re.finditer(r"^(?:from|import) .*\n", text, re.MULTILINE))[-1].end()
        text = text[:at] + block.code + text[at:]
    else:
        at, in_line = end_of(block.name, text, block.path)
        text = text[:at] + (f", {block.code.strip()}" if in_line else block.code) + text[at:]
    path.write_text(text, encoding="utf-8")


def end_of(name, text, path):
    """(where something joins the end of `name`, whether within a line)."""
    if one := re.search(rf"^{name}\b.* = \(.*(\))$", text, re.MULTILINE):  # a tuple on one line
        return one.start(1), True
    begins = re.search(rf"^(class )?{name}\b", text, re.MULTILINE)
    assert begins, f"{path} has no {name}"
    registry = text[begins.end() :].partition("\n")[0].endswith("= Registry(")  # its mapping is its second argument
    ends = r"\n(?=\n    (?:def|@))" if begins[1] else r"\n(?=    \},\n)" if registry else r"\n(?=[)}\]]\n)"
    return begins.end() + re.search(ends, text[begins.end() :]).end(), False
