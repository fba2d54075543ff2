"""Bad series, tables of items and graphs: a sentence at the place on Inspect and Compare, and nothing is lost."""

import io
import json
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.graphs.graph import load_graph
from explorer.media.medium import load_medium
from explorer.pages.compare import events as compare_events
from explorer.pages.inspect import media
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.pages.shared.visitors import Visitors


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


LOST = np.where(np.arange(40) == 17, np.nan, 1.0).reshape(10, 4)
ENDLESS = np.where(np.arange(40) == 17, np.inf, 1.0).reshape(10, 4)
HEADER = b"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }".ljust(69) + b"\n"
OBJECTS = b"\x93NUMPY\x01\x00F\x00" + HEADER
BAD = {  # kind, suffix, content, what is said
    "words among numbers": ("series", "csv", b"t,x\n0,1\n1,2\n2,warm\n3,4\n", "column 'x': 'warm' is no number"),
    "mostly gaps": ("series", "csv", b"a,b\n1,1\n2,\n3,\n4,\n", "Column 'b' is missing (empty or NaN) in 3 of 4 rows"),
    "one row": ("series", "csv", b"a,b\n1,1\n", "has 1 row of numbers; a series needs at least 2"),
    "ragged": ("series", "csv", b"a,b\n1,1\n2,2,2\n3,3\n4,4\n", "Line 3 has 3 cells, and the first has 2"),
    "infinite": ("series", "npy", npy(ENDLESS), "Row 5, column 2 is infinite"),
    "vectors with NaN": ("vectors", "npy", npy(LOST), "Item 5 has no number in 'column 2' (NaN, infinite or empty)."),
    "many NaN": ("vectors", "npy", npy(np.full((3, 2), np.nan)), "infinite or empty), and 5 more are missing. Fill"),
    "objects": ("vectors", "npy", OBJECTS, "holds Python objects"),
    "no edge": ("graph", "edgelist", b"a a\nb b\n", "No edge joins two nodes: 2 lines of this file name 2 nodes"),
    "no tail": ("graph", "tsv", b"a\tknows\tb\nb\tknows\t\nc\tknows\ta\n", "Line 2 has no tail"),
    "another width": ("graph", "tsv", b"a\tis\tb\nb\tis\nc\tis\ta\nd\tis\ta\n", "Line 2 has 2 columns where"),
    "empty": ("graph", "edgelist", b"\n\n", "no edge list"),
}  # fmt: skip
TOKENIZERS = {
    "series": ["series-vq", "series-rvq"],
    "vectors": ["items-rq", "items-rq-3"],
    "graph": ["gart", "gart-random"],
}


@pytest.fixture
def visitor(monkeypatch):
    everyone = Visitors(3)
    monkeypatch.setattr(compare_events, "visitors", everyone)
    yield everyone.enter("a")
    everyone.leave_all()


@pytest.mark.parametrize("case", BAD)
def test_inspect_says_what_is_wrong(case, tmp_path):
    kind, suffix, data, words = BAD[case]
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(data)
    visit = Visit(tokenizer=TOKENIZERS[kind][0], picture=UPLOADED, upload=str(path), modality="")
    with pytest.raises(MediaError) as caught:
        media.settle(visit)
    said = str(caught.value)
    assert words in said and "\n" not in said


@pytest.mark.parametrize("case", BAD)
def test_compare_says_it_and_keeps_what_was_there(case, visitor, uploads):
    kind, suffix, data, words = BAD[case]
    good = {
        "series": ("csv", b"a,b\n1,1\n2,3\n3,2\n4,1\n"),
        "vectors": ("npy", npy(np.eye(8))),
        "graph": ("tsv", b"a\tb\nb\tc\n"),
    }

    def own(name, ending, content):
        folder = uploads / name
        folder.mkdir()
        (folder / f"{name}.{ending}").write_bytes(content)
        request = {"what": "own", "token": visitor.token, "files": [str(folder / f"{name}.{ending}")], "modality": kind}
        return json.loads(compare_events.ask(request))

    assert own("good", *good[kind])["names"] == [f"good.{good[kind][0]}"]
    kept = visitor.files
    refused = own("bad", suffix, data)
    assert not refused["ok"] and words in refused["error"]["message"], refused
    assert visitor.files == kept and all(path.exists() for path in kept), "what was there stays"


def test_one_bad_table_of_a_zip_is_listed_and_the_rest_is_compared(visitor, uploads):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.npy", npy(np.random.default_rng(0).normal(size=(20, 32))))
        archive.writestr("b.npy", npy(LOST))
    (uploads / "set").mkdir()
    (uploads / "set" / "set.zip").write_bytes(packed.getvalue())

    def ask(what, **more):
        return json.loads(compare_events.ask({"what": what, "token": visitor.token, **more}))

    assert ask("own", files=[str(uploads / "set" / "set.zip")], modality="vectors")["names"] == ["a.npy", "b.npy"]
    job = ask("start", media="own", tokenizers=TOKENIZERS["vectors"])["job"]
    while job["state"] in ("waiting", "running", "stopping"):
        job = ask("state", job=job["id"])["job"]
    result = ask("result", job=job["id"])["result"]
    assert [one["name"] for one in result["media"]] == ["a.npy"] and result["skipped"][0]["name"] == "b.npy"
    assert "Item 5 has no number" in result["skipped"][0]["why"]


def test_gaps_and_loops_are_said_and_the_rest_is_read():
    series = load_medium(b"a,b\n1,1\n,2\n3,3\n4,4\n")
    assert series.values[:, 0].tolist() == [1, 2, 3, 4] and "1 gap of 8 values filled on a line" in series.notes[0]
    graph = load_graph(b"a a\na b\nb c\nb c\n")
    assert graph.notes[0].startswith("1 edge begins and ends at one node") and len(graph.edges) == 2


def test_of_very_many_edges_the_first_are_read_a_line_at_a_time():
    """Ten million lines would be a gigabyte of lines at once: half a million here, of which far less is held."""
    lines = b"".join(b"%d %d\n" % (i % 97, i % 89) for i in range(500_000))
    tracemalloc.start()
    graph = load_graph(lines + b"broken\n", replace(Limits(), graph_edges=2000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "Only the first 2,000 edges are read" in graph.notes[0]
    assert peak < 8 * len(lines), "the text itself, and not half a million lines of it"
