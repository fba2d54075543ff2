"""The ends of lines alone tell where a part of a text begins; what a part gives is what the whole gives there."""

import random
import re

import numpy as np
import pandas as pd
import pytest

from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.run import Reading, audit_indices
from explorer.dumps import line_index
from explorer.dumps.arrays import DumpRows, Refusal
from explorer.dumps.line_index import LineIndex
from explorer.dumps.opening import open_dump
from explorer.dumps.places import local_file
from tests.audit.indices.test_index_shards import assert_same

ROWS = [list(range(1 + n % 7, 4 + n % 7 + n % 11)) for n in range(120)]
JSON = [f'{{"id": {n}, "text": "é", "tokens": {row}}}' for n, row in enumerate(ROWS)]
CELLS = [",".join(map(str, row)) for row in ROWS]
LISTS = [f"{n};{' '.join(map(str, row))}" for n, row in enumerate(ROWS)]
TEXTS = {
    "lines.jsonl": "\n".join(JSON).encode(),
    "windows.jsonl": ("\ufeff" + "\r\n".join(JSON) + "\r\n").encode(),
    "gaps.jsonl": "\n\n  \n".join([*JSON[:30], "[]", "no JSON", *JSON[30:]]).encode() + b"\n\n",
    "old.jsonl": "\r".join(JSON).encode(),
    "mixed.jsonl": ("\n".join(JSON[:60]) + "\r" + "\n".join(JSON[60:])).encode(),
    "rows.csv": "\n".join(CELLS).encode(),
    "windows.csv": ("\ufeff" + "\r\n".join(CELLS) + "\r\n").encode(),
    "gaps.csv": "\n\n".join([*CELLS[:30], ",,,", '""', "1,x,2", *CELLS[30:]]).encode(),
    "named.csv": ("\n\nnumber;tokens\n" + "\n".join(LISTS)).encode(),
    "quoted.csv": "\n".join(["number,tokens", *(f'{n},"{row}"' for n, row in enumerate(ROWS))]).encode(),
    "broken.csv": "\n".join(["tokens", *('"' + "\n".join(map(str, row)) + '"' for row in ROWS)]).encode(),
    "torn.jsonl": "\n".join(JSON[:70]).encode() + b"\n[1, \xff]\n" + "\n".join(JSON[70:]).encode(),
    "torn.csv": "\n".join(CELLS[:70]).encode() + b"\n1,\xff\n" + "\n".join(CELLS[70:]).encode(),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(line_index, "READ_BYTES", 100)
    monkeypatch.setattr("explorer.dumps.arrays.ROWS_AT_ONCE", 60)


def indices_of(path):
    """(number, name, indices) of what is read of a whole file, and what is left out."""
    return [one for part in open_dump(path).parts() for one in told(part)]


def told(part):
    if isinstance(part, Refusal):
        return [(part.name, part.why)]
    assert isinstance(part, DumpRows)
    ends = np.cumsum(part.lengths)
    rows = enumerate(zip(part.numbers.tolist(), (ends - part.lengths).tolist(), ends.tolist(), strict=True))
    return [(number, part.name(row), part.values[first:stop].tolist()) for row, (number, first, stop) in rows]


@pytest.mark.parametrize("name", [name for name in TEXTS if not name.startswith("torn")])
def test_parts_that_begin_anywhere_are_those_of_the_whole(name, small, tmp_path):
    (tmp_path / name).write_bytes(TEXTS[name])
    whole = indices_of(tmp_path / name)
    found = [one[2] for one in whole if len(one) == 3]
    assert (found == ROWS and "gaps" in name) or len(whole) == len(ROWS)
    items = open_dump(tmp_path / name).items
    for of in (2, 3, 7, 40):
        places = [items.cut(part, of) for part in range(of)]
        assert places == sorted(places) and places[0] == 0
        jumped = [
            one
            for first, stop in zip(places, [*places[1:], None], strict=True)
            for part in items.jump(first, stop)
            for one in told(part)
        ]
        assert jumped == whole


@pytest.mark.parametrize("name", TEXTS)
def test_shards_count_what_the_whole_counts(name, small, tmp_path):
    (tmp_path / name).write_bytes(TEXTS[name])
    reading = Reading("t")
    audit = audit_indices(tmp_path / name, 20, reading)
    tokens = sum(map(len, ROWS[:70] if name.startswith("torn") else ROWS))
    assert audit.levels[0].tokens == tokens
    assert_same(tmp_path / name, 20, tmp_path / "s", reading, cuts=(2, 5, 13))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_lines_are_where_their_ends_are(size, monkeypatch, tmp_path):
    monkeypatch.setattr(line_index, "READ_BYTES", size)
    monkeypatch.setattr(line_index, "LINE_CHARACTERS", 40)
    draw, path = random.Random(size), tmp_path / "t"
    for _ in range(60):
        data = bytes(draw.choice(b'ab\n\r"' if draw.random() < 0.5 else b"ab\nab") for _ in range(draw.randrange(90)))
        path.write_bytes(data)
        starts = [0, *(found.end() for found in re.finditer(b"\n", data))]
        index, of = LineIndex(local_file(path, "t")), draw.randrange(1, 9)
        for part in (draw.randrange(of), draw.randrange(of)):
            assert index.cut(part, of) == sum(start < len(data) * part // of for start in starts)
        line = draw.randrange(len(starts) + 2)
        place = starts[line] if line < len(starts) else len(data)
        before = data[:place]
        if b'"' in before:
            assert index.find(line, quotes=False) is None
        if re.search(rb"\r(?!\n)", before) and not before.endswith(b"\r"):
            assert index.find(line) is None
        else:
            assert index.find(line) in (place, None)
        assert index.count() == len(starts)
    path.write_bytes(b"a\r\nb\n" * 20)
    assert LineIndex(local_file(path, "t")).find(31, quotes=False) == 15 * 5 + 3
    path.write_bytes(b"a\n" + b"b" * 41 + b"\nc\n")
    assert size > 40 or LineIndex(local_file(path, "t")).find(2) is None, "readers take such a line for several"


def test_quotes_alone_in_a_column_of_one_token_a_line_are_a_token_that_is_missing_as_pandas_has_it(tmp_path):
    """pandas writes a missing value so, and reads it back; what has nothing on it is no line to either."""
    path = tmp_path / "t.csv"
    written = pd.DataFrame({"tokens": [3.0, None, 5.0, None]})
    written.to_csv(path, index=False)
    assert path.read_text().splitlines()[2] == '""'
    path.write_text(path.read_text().replace("5.0", "\n5.0"))
    expected = pd.read_csv(path)["tokens"].to_numpy()
    (array,) = open_dump(path).first
    (found,) = array.pieces(100)
    np.testing.assert_array_equal(found, expected)
    assert np.isnan(found).tolist() == [False, True, False, True]
    assert audit_indices(path, 8, Reading("t", Padding((np.nan,)))).levels[0].tokens == 2


def test_a_row_of_separators_or_quotes_alone_is_left_out_in_words(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('1,2,3\n,,\n4,5,6\n\n""\n')
    assert indices_of(path) == [
        (0, "t.csv, line 1", [1, 2, 3]),
        ("t.csv, line 2", "t.csv, line 2: it holds no tokens."),
        (2, "t.csv, line 3", [4, 5, 6]),
        ("t.csv, line 5", "t.csv, line 5: it holds no tokens."),
    ]
