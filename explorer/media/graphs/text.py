"""The text of an edge list: what parts its cells, which columns they are, and the edges line by line.

Every failure is a MediaError that names the line as an editor counts them, from 1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice

from explorer.foundation.cells import split_cells
from explorer.foundation.errors import MediaError
from explorer.foundation.words import count_of
from explorer.media.rows.text import HEAD_BYTES, LONGEST_CELL, LOOKED_AT, decode_text, is_number

SEPARATORS = ("\t", ";", "|", ",")  # the first that cuts lines into two or three; else white space
REMARKS = ("#", "%")
NAME_CHARACTERS = 200
HEADS = ("head", "source", "src", "from", "subject", "h", "u", "node1", "source_id")
TAILS = ("tail", "target", "dst", "to", "object", "t", "v", "node2", "target_id", "destination")
RELATIONS = ("relation", "predicate", "type", "label", "edge", "rel", "r", "relation_type", "edge_type", "property")
NO_EDGE_LIST = (
    "This file is no edge list. Give text with an edge a line, `head tail` or `head relation tail`, parted by tabs, "
    "commas or spaces (.tsv, .csv, .txt, .edgelist)."
)


@dataclass
class EdgeText:
    """What was read, names numbered in the order in which they came. edges: (head, relation, tail) each."""

    nodes: dict[str, int] = field(default_factory=dict)
    relations: dict[str, int] = field(default_factory=dict)
    edges: list[tuple[int, int, int]] = field(default_factory=list)
    more: bool = False  # edges were left out
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """How the lines are cut and what stands where. places: of head, relation (None without) and tail among `cells`."""

    separator: str
    cells: int
    places: tuple[int, int | None, int]
    first: int  # line that says so
    named: bool


def looks_like_edges(data: bytes, lines: int = 1) -> bool:
    """Whether it is text of which most lines have as many cells: two, three, or those of a line that names columns.

    lines: that there are at least.
    """
    try:
        text = decode_text(data[:HEAD_BYTES])
    except MediaError:
        return False
    whole = text if len(data) <= HEAD_BYTES else text.rpartition("\n")[0]
    separator = separator_of(whole)
    rows = [cells for _, cells in islice(_rows(whole, separator), LOOKED_AT)]
    widths = [len(cells) for cells in rows]
    usual = max(set(widths), key=widths.count, default=0)
    right = usual in (2, 3) or (bool(rows) and _named(rows[0]) is not None)
    return right and len(rows) >= lines and 2 * widths.count(usual) > len(rows)


def separator_of(text: str) -> str:
    """What stands between the cells of most of the first lines; "" for white space."""
    lines = [line for line in text[:HEAD_BYTES].splitlines()[: LOOKED_AT + 5] if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith(REMARKS)]
    for separator in SEPARATORS:
        if 2 * sum(separator in line for line in lines) > len(lines):
            return separator
    return ""


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, cells) of every line that is neither empty nor a remark."""
    quoted = separator and '"' in text
    for number, ended in enumerate(
        StringIO(text, newline=None), 1
    ):  # a line at a time: millions at once take a gigabyte
        line = ended.rstrip("\n")
        if not line or line.isspace() or line.lstrip().startswith(REMARKS):
            continue
        if quoted:
            cells = _quoted(line, separator, number)
        else:
            cells = [cell.strip() for cell in line.split(separator)] if separator else line.split()
        if not separator and len(cells) > 2 and "{" in line:  # data of an edge, as networkx writes it
            cells = line.partition("{")[0].split()
        yield number, cells


def _quoted(line: str, separator: str, number: int) -> list[str]:
    try:
        return [cell.strip() for _, cells in split_cells([line], separator, LONGEST_CELL) for cell in cells]
    except csv.Error as error:
        raise MediaError(str(error).replace("Line 1 ", f"Line {number:,} ", 1)) from error


def _named(cells: list[str]) -> tuple[int, int | None, int] | None:
    """The places of head, relation and tail, if a line names columns."""
    lower = [cell.casefold() for cell in cells]
    head, kind, tail = (
        next((place for place, cell in enumerate(lower) if cell in known), None) for known in (HEADS, RELATIONS, TAILS)
    )
    return None if head is None or tail is None or len(set(lower)) < len(lower) else (head, kind, tail)


def _shape(text: str, separator: str) -> Shape:
    rows = list(islice(_rows(text, separator), LOOKED_AT))
    if not rows:
        raise MediaError("The edge list is empty: there are no edges in it.")
    number, cells = rows[0]
    named = _named(cells)
    if named is not None:
        return Shape(separator, len(cells), named, number, True)
    if len(cells) not in (2, 3):
        raise MediaError(
            f"Line {number} has {count_of(len(cells), 'column')}; an edge has 2 (head, tail) or 3 (head, relation, "
            "tail). Of more, name them in the first line: head, relation, tail."
        )
    if all(len(row) > 1 and _is_weight(row[0]) and _is_weight(row[1]) for _, row in rows[1:] or rows):
        raise MediaError(
            "The columns hold numbers with a decimal point: this is a table of numbers, and no list of edges. Nodes "
            "are named by words or whole numbers."
        )
    weighted = len(cells) == 3 and all(len(row) == 3 and _is_weight(row[2]) for _, row in rows)
    places = (0, None, 1) if len(cells) == 2 or weighted else (0, 1, 2)
    return Shape(separator, len(cells), places, number, False)


def _is_weight(cell: str) -> bool:
    """A number that is no name of a node: with a point, or an exponent."""
    return is_number(cell) and not cell.lstrip("+-").isdigit()


def read_edges(data: bytes, most: int) -> EdgeText:
    """Up to `most` edges of a file. Raises MediaError with the line that is wrong."""
    if not looks_like_edges(data):
        _say_mixed(data)
        raise MediaError(NO_EDGE_LIST)
    text = decode_text(data)
    shape = _shape(text, separator_of(text))
    found = EdgeText()
    head, kind, tail = shape.places
    for number, cells in _rows(text, shape.separator):
        if shape.named and number == shape.first:
            continue
        if len(cells) != shape.cells:
            raise MediaError(_mixed(number, len(cells), shape.first, shape.cells))
        begin, end = cells[head], cells[tail]
        relation = "" if kind is None else cells[kind]
        if not begin or not end or (kind is not None and not relation):
            missing = "head" if not begin else "tail" if not end else "relation"
            raise MediaError(f"Line {number} has no {missing}. Give it, or leave the line out.")
        if len(found.edges) == most:
            found.more = True
            break
        if max(len(begin), len(end), len(relation)) > NAME_CHARACTERS:
            raise MediaError(f"A name in line {number} has more than {NAME_CHARACTERS} characters. Shorten it.")
        nodes = found.nodes
        edge = (
            nodes.setdefault(begin, len(nodes)),
            0 if kind is None else found.relations.setdefault(relation, len(found.relations)),
            nodes.setdefault(end, len(nodes)),
        )
        found.edges.append(edge)
    if shape.cells > (2 if kind is None else 3):
        found.notes.append("Columns beside head, relation and tail, such as weights, are left out.")
    if not found.edges:
        raise MediaError("The edge list is empty: there are no edges in it.")
    if kind is not None and not shape.named and all(name.isdecimal() for name in (*found.nodes, *found.relations)):
        found.notes.append(
            "The three whole numbers of a line are read as head, relation and tail. If the last is a weight, name the "
            "columns in the first line: source, target, weight."
        )
    return found


def _say_mixed(data: bytes) -> None:
    """Raise a MediaError for the first line that has another number of columns, where the first ones look right."""
    text = decode_text(data)
    rows = list(islice(_rows(text, separator_of(text)), LOOKED_AT))
    if len(rows) < 2 or len(rows[0][1]) not in (2, 3) or len(rows[1][1]) != len(rows[0][1]):
        return
    for number, cells in rows:
        if len(cells) != len(rows[0][1]):
            raise MediaError(_mixed(number, len(cells), rows[0][0], len(rows[0][1])))


def _mixed(number: int, cells: int, first: int, usual: int) -> str:
    return (
        f"Line {number} has {count_of(cells, 'column')} where line {first} has {usual}. An edge list has as many on "
        "every line."
    )
