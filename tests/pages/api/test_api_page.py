"""The page about the endpoints says what they really take and give."""

import inspect
import json
import re

import numpy as np
import pytest
from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.owners import acting_for
from explorer.pages.api import calls as api
from explorer.pages.api.endpoints import KINDS, endpoints
from explorer.pages.api.page import text
from explorer.pages.shared.visitor_files import files
from explorer.tokenizers import list_tokenizers

MEDIA = {"image", "audio", "video", "series", "vectors", "graph"}
EVERY = {one.name: one for one in endpoints(Limits())}


@pytest.fixture
def picture():
    path = files.new_folder("anna") / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(path)
    yield str(path)
    files.let_go("anna")


def called(name, *arguments):
    with acting_for("anna"):
        answer = EVERY[name].run(*arguments)
    return answer if isinstance(answer, tuple) else (answer,)


def promised(name, number=0):
    """The keys that the words of a result name."""
    return set(re.findall(r'"(\w+)"', EVERY[name].gives[number].words)) - MEDIA - {"zoo", "hub", "file", "user"}


def held(value):
    """All keys in a result, at any depth."""
    found = set()
    if isinstance(value, dict):
        found |= set(value) | set().union(*(held(one) for one in value.values()), set())
    elif isinstance(value, (list, tuple)):
        found |= set().union(*(held(one) for one in value), set())
    return found


def test_fields_are_those_of_the_functions():
    for one in EVERY.values():
        names = list(inspect.signature(one.run).parameters)
        assert [field.name for field in one.takes] == names, one.name
        assert all(field.kind in KINDS and field.words.endswith(".") for field in (*one.takes, *one.gives)), one.name


def test_every_medium_that_a_tokenizer_takes_is_named():
    """Tables of items came, and the page went on without them."""
    words = EVERY["list_tokenizers"].gives[0].words
    assert {spec.modality for spec in list_tokenizers()} == set(re.findall(r'"(\w+)"', words)) & MEDIA
    assert "; empty if left out" in text() and "''" not in text()


def test_a_table_of_items_goes_there_and_back_as_the_page_says():
    path = files.new_folder("anna") / "items.csv"
    rows = np.random.default_rng(0).normal(size=(20, 32))
    head = ",".join(["id", *(f"v{i}" for i in range(32))])
    path.write_text("\n".join([head, *(",".join(map(str, (i, *row))) for i, row in enumerate(rows))]))
    tokens, meta = called("tokenize", "items-rq", str(path))
    assert meta["modality"] == "vectors" and "table of items" in EVERY["tokenize"].takes[1].words
    assert called("detokenize", tokens)[0].endswith(".csv") and "table (.csv)" in EVERY["detokenize"].gives[0].words
    files.let_go("anna")


def test_what_comes_back_holds_what_the_page_names(picture):
    assert promised("list_tokenizers") <= held(called("list_tokenizers")[0])
    tokens, meta = called("tokenize", "fsq", picture)
    assert tokens.endswith("tokens.npz") and promised("tokenize", 1) <= set(meta)
    assert called("detokenize", tokens)[0].endswith(".png")
    audit, audit_files = called("audit", "fsq", [picture], 0)
    assert promised("audit") <= held(audit)
    for name, paths in (("audit", audit_files), ("compare", called("compare", [picture], "fsq, kmeans")[1])):
        named = re.findall(r"[\w]+\.(?:json|npy|npz|html|csv|png)", EVERY[name].gives[1].words)
        assert [path.rpartition("/")[2] for path in paths] == named, name
    assert promised("lab_run") <= held(called("lab_run", '{"codebook_size": 8}', 3)[0])
    assert promised("compare") <= held(called("compare", [picture], "fsq, kmeans")[0])


def test_answers_lie_with_the_one_who_asked(picture):
    tokens, _ = called("tokenize", "fsq", picture)
    assert tokens in {str(file) for folder, of in files._owner.items() if of == "anna" for file in folder.iterdir()}


def test_the_page_lists_every_endpoint_with_its_fields_and_a_script():
    page = text()
    for one in EVERY.values():
        section = page.partition(f"### /{one.name}\n")[2].partition("\n### ")[0]
        assert one.words in section and f'api_name="/{one.name}"' in section
        for field in (*one.takes, *one.gives):
            assert f"| `{field.name}` |" in section and field.words in section
    json.dumps(page)


def test_limits_of_this_server_are_in_the_words():
    words = {one.name: one.limits for one in endpoints(Limits(upload_bytes=5 * 2**20, video_frames=7))}
    assert "5 MiB" in words["tokenize"] and "first 7 frames" in words["tokenize"]
    assert f"{api.LAB_STEPS:,} steps" in words["lab_run"]
