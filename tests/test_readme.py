"""What the README says is so: its paths exist, its table is the command's, its commands parse."""

import ast
import re
import shlex
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

import pytest

from explorer.__main__ import build_parser, main
from explorer.cli.bringing import named_in
from explorer.foundation.config import REPOSITORY
from explorer.tokenizers import list_tokenizers
from tests.source_trees import statements, text_of, tree_of

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
ROOMS = ("public", "tokenizers", "cli", "pages", "analysis", "views")
OTHERS = [REPOSITORY / "explorer" / "README.md", *(REPOSITORY / "explorer" / room / "README.md" for room in ROOMS)]
DOCUMENTS = README + "".join(file.read_text(encoding="utf-8") for file in OTHERS)
BEGIN, END = "<!-- zoo: begin -->\n", "<!-- zoo: end -->"


def named_paths():
    """Everything in backquotes or as a picture that looks like a path of this project, without placeholders."""
    quoted = re.findall(r"`([\w./-]+(?:/|\.py|\.md|\.txt))`|\]\(([\w./-]+)\)|app_file: (\S+)", README)
    return sorted({next(filter(None, names)) for names in quoted})


def test_the_paths_exist():
    paths = named_paths()
    assert len(paths) > 15 and {"explorer/training/", "explorer/cli/README.md"} <= set(paths)
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


def test_the_names_in_the_recipes_are_those_of_the_code():
    from explorer.quantizers import QUANTIZERS
    from explorer.quantizers.base import Quantizer
    from explorer.training.recipes import ZOO
    from explorer.views import VIEWS

    assert min(len(QUANTIZERS), len(ZOO), len(VIEWS)) > 1
    assert Quantizer.__abstractmethods__ == {"forward", "level_vectors", "codebooks"}
    for name in ("QUANTIZERS", "SMALL", "ZOO", "VIEWS", "BrowserComponent", "forward", "level_vectors", "codebooks"):
        assert f"`{name}`" in DOCUMENTS


def test_the_table_is_what_the_command_prints(capsys):
    if not list_tokenizers():
        pytest.skip("checkpoints/ is empty: python -m explorer train NAME fills it")
    assert main(["list", "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert README.partition(BEGIN)[2].partition(END)[0] == printed


def test_every_public_format_has_its_row():
    from explorer.public import FORMATS

    table = DOCUMENTS.partition("<!-- formats: begin -->")[2].partition("<!-- formats: end -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.strip().splitlines()[2:]]
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row[1])]
    assert sorted(named) == sorted(FORMATS) and all(len(row) == 7 and all(row) for row in rows)


def test_the_commands_are_accepted():
    lines = [line for line in DOCUMENTS.splitlines() if line.startswith("python -m explorer ")]
    assert len(lines) >= 20
    for line in lines:
        words = shlex.split(line, comments=True)[3:]
        if words[0] == "train":
            from explorer.training.command import parser

            assert parser().parse_args(words[1:]).name in ("fsq", "vq-small")
        else:
            assert build_parser(named_in(words)).parse_args(words).command.startswith("explorer.cli.")


def test_the_setup_commands_use_what_is_here():
    commands = [line for line in README.splitlines() if line.startswith("python3.11 -m venv")]
    assert [line.rsplit(" ", 1)[1] for line in commands] == ["app.py", "pytest"]
    assert [re.search(r"-r (\S+)", line)[1] for line in commands] == ["requirements.txt", "tests/requirements.txt"]


def imported(folder):
    """The pinned distributions of which some Python file of the folder, or app.py, imports something."""
    left, found = pinned("requirements.txt") | pinned("tests/requirements.txt"), set()
    for file in [*(REPOSITORY / folder).rglob("*.py"), REPOSITORY / "app.py"]:
        words = set(re.findall(r"\w+", " ".join(re.findall(r"^\s*(?:import|from) .*", text_of(file), re.MULTILINE))))
        named = {name for name in left - found if modules_of(name) & words}  # most files need not be parsed
        tops = imports_at_top(tree_of(file)) if named else set()
        found |= {name for name in named if modules_of(name) & tops}
    return {name.lower() for name in found}


def imports_at_top(tree):
    """The first word of every import: torch of `from torch.nn import Linear`."""
    nodes = list(statements(tree))
    lines = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    lines += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {line.partition(".")[0] for line in lines}


@cache
def modules_of(name):
    """What can be imported of an installed distribution; nothing of one that is not installed."""
    with suppress(PackageNotFoundError):
        record = distribution(name).read_text("RECORD") or ""
        return {re.split(r"[/.,]", line, maxsplit=1)[0] for line in record.splitlines()} - {"", "__pycache__"}
    return set()


# Imported where they are there; without one, one entry says so: graphs of Lyra, dumps, clusters, boards, callbacks.
OPTIONAL = {"ai-edge-litert", "pyarrow", "h5py", "ray", "lightning", "trackio", "vector-quantize-pytorch"}
WANTED_BY_OTHERS = {"pytest-xdist", "ruff", "einops", "einx", "faiss-cpu", "accelerate", "webdataset", "datasets"}


def pinned(path):
    return set(re.findall(r"^([\w-]+)(?:\[\w+\])?==", (REPOSITORY / path).read_text(encoding="utf-8"), re.MULTILINE))


def test_what_only_tests_import_is_required_by_tests_alone():
    app, tests = pinned("requirements.txt"), pinned("tests/requirements.txt")
    assert app & tests == set() and {"torch", "gradio"} <= app and {"pytest", "playwright"} <= tests
    assert "-r ../requirements.txt\n" in (REPOSITORY / "tests" / "requirements.txt").read_text(encoding="utf-8")
    assert imported("explorer") & tests == OPTIONAL, "the app needs it, and does not require it"
    assert imported("tests") | OPTIONAL >= tests - WANTED_BY_OTHERS, "nothing needs it"


def test_the_front_matter_agrees_with_the_requirements():
    version = re.search(r"^sdk_version: (\S+)$", README, re.MULTILINE)[1]
    assert f"gradio=={version}\n" in (REPOSITORY / "requirements.txt").read_text()
