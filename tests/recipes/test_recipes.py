"""The recipes of the documents do what they say: their blocks are carried out on a copy of the package, and used."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from explorer.foundation.config import REPOSITORY
from tests.recipes.recipe_blocks import blocks_of, carry_out

DOCUMENTS = ("explorer/README.md", "explorer/views/README.md", "explorer/public/README.md")
COPIED = (
    "explorer",
    *(f"tests/{room}" for room in ("analysis", "figures", "lab", "quantizers", "recipes", "tokenizers", "views")),
)
LINKED = ("checkpoints", "assets", "pyproject.toml", ".biome.json")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The package and some tests, with every recipe carried out."""
    folder = tmp_path_factory.mktemp("recipes")
    for name in COPIED:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for file in (REPOSITORY / "tests").glob("*.py"):
        shutil.copy(file, folder / "tests" / file.name)
    for name in LINKED:
        (folder / name).symlink_to(REPOSITORY / name)
    for document in DOCUMENTS:
        for block in blocks_of((REPOSITORY / document).read_text(encoding="utf-8")):
            carry_out(block, folder)
    return folder


@pytest.fixture(scope="module")
def said(copy):
    """What a process that uses all of it answered (`recipe_use.py`), and how the contract's tests ended."""
    environment = os.environ | {"PYTHONPATH": str(copy), "EXPLORER_CACHE": str(copy / "cache"), "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "tests/recipes/recipe_use.py"]
    done = subprocess.run(line, cwd=copy, env=environment, capture_output=True, text=True, timeout=600)
    answer = re.search(r"^SAID(.*)$", done.stdout, re.MULTILINE)
    assert answer, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(answer[1]) | {"printed": done.stdout, "ended": done.returncode}


def test_a_quantizer_is_a_file_and_a_line_and_keeps_the_contract(said):
    right, used = said["quantizer"]
    assert right is True and used > 8
    assert said["ended"] == 0, said["printed"][-3000:]
    assert int(re.search(r"(\d+) passed", said["printed"])[1]) > 60


def test_a_quantizer_is_in_the_lab_by_its_own_file_alone(said):
    labels, acts_on, spread, still, steps, refused = said["in_lab"]
    assert labels == ["Frozen codes"] and acts_on == [["frozen"]] and still is True and steps == 3
    assert 2 < spread < 4 and refused == "Spread must be from 0.1 to 10, got 11."
    recipe = (REPOSITORY / "explorer/README.md").read_text("utf-8").split("## Add a quantizer")[1].split("\n## ")[0]
    touched = {block.path for block in blocks_of(recipe) if block.path.startswith("explorer/")}
    assert touched == {"explorer/quantizers/frozen.py", "explorer/quantizers/__init__.py"}


def test_a_member_of_the_zoo_is_a_recipe(said):
    assert said["member"] == ["VQ, 64 codes", 64]


def test_a_control_of_the_lab_acts_and_has_its_bounds(said):
    acts, kept, refused = said["control"]
    assert acts == kept == 3 and "Bits in a group must be from 1 to 10" in refused


def test_a_rule_speaks_where_it_should_and_is_silent_elsewhere(said):
    assert said["rule"] == [["Code 0 is not used"], []]


def test_a_figure_is_a_function_and_a_line(said):
    drawn, counted, pick = said["figure"]
    assert drawn == counted and sum(drawn) > 0 and pick == "code"


def test_a_format_is_recognised_filled_and_used(said):
    title, same = said["format"]
    assert "(Toy tokenizer)" in title and same is True


def test_a_view_is_three_files_and_a_line(said, copy, node):
    assert said["view"] == [16, [6], True, True]
    line = [node, "--test", str(copy / "tests/views/js/inspect/barcode.test.js")]
    tried = subprocess.run(line, capture_output=True, text=True, cwd=copy)
    assert tried.returncode == 0 and "# pass 2" in tried.stdout, tried.stdout + tried.stderr


def test_a_page_has_an_address_and_answers(said):
    (page,), answer, heard = said["page"]
    assert page[:2] == ["toy", "Toy"] and heard == "Code 1,023"
    assert [level["indices"]["shape"] for level in answer["levels"]] == [[1024]]


def test_what_the_documents_name_exists():
    for document in (*DOCUMENTS, "tests/README.md", ".github/CONTRIBUTING.md"):
        text = (REPOSITORY / document).read_text(encoding="utf-8")
        named = set(re.findall(r"`((?:explorer|tests|assets|checkpoints)/[\w./-]+)`", text))
        made = {block.path for block in blocks_of(text)}
        lost = [path for path in named if not (REPOSITORY / path).exists() and path not in made]
        assert lost == [] and len(named) > 3, document
