"""The rules of the house, read from the source: who may import whom, how long things may be, what lies on top."""

import ast
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.source_trees import FUNCTIONS, calls, statements, text_of, tree_of

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES = 330, 70  # the aim is 300 and 60; a little room keeps a good cut from being spoiled
TOP_LEVEL = {
    *("app.py", "explorer", "assets", "checkpoints", "tests", "requirements.txt", "README.md"),
    *("LICENSE", "pyproject.toml"),
}
RIGHT_OF_THE_JOINTS = ("analysis", "compare", "figures", "views", "pages")  # numpy and the browser: no torch
LEFT_OF_THE_JOINTS = (
    *(
        "quantizers",
        "tokenizers",
        "public",
        "training",
        "media",
        "analysis",
        "lab",
        "audit",
        "compare",
        "loading",
        "dumps",
    ),
    *("experiments", "corpus", "prior", "recorder"),
)
# From the ground up. A folder imports from its own floor and below.
FLOORS = (
    ("foundation",),
    ("joints",),
    ("media", "quantizers"),
    ("tokenizers", "public", "loading", "dumps"),
    ("training", "lab", "audit", "compare", "learn", "prior", "recorder"),
    ("experiments", "corpus"),
    ("analysis",),
    ("figures",),
    ("views",),
    ("pages",),
    ("cli",),
)
# What still looks up, folder by folder: none may be added, and one that is mended leaves the list.
UPWARDS: dict[tuple[str, str], str] = {}
# Registries: tables of dotted paths, and the classes that a format of transformers names.
LOADED_BY_STRING = {
    "explorer.__main__: load_dotted(DELEGATED[arguments[0]])",
    "explorer.__main__: load_dotted(options.command)",
    "explorer.foundation.registry: load_dotted(self.entries[self.check(key)])",
    "explorer.media.samples: load_dotted(self.maker)",
    "explorer.public.transformers.building: load_dotted(f'transformers.{path}')",
    "explorer.public.transformers.folder: load_dotted(self.codec)",
}
UNSAFE = r"(?<![.\w])(eval|exec)\(|\bpickle\.loads?\b|weights_only\s*=\s*False|allow_pickle\s*=\s*True|shell\s*=\s*True"


def python_files(folder="explorer"):
    return sorted((ROOT / folder).rglob("*.py"))


def own_paths(folder):
    """All files and folders, without the installed tools of the browser modules."""
    return [path for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts]


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


IMPORTERS = ("import_module", "__import__")


def imports_of(tree, package, lazy=True, called=True):
    """Every module named by an import, relative ones made absolute; those inside functions only if `lazy`.

    `from a import b` names both a and a.b, since b may be a module; import_module("a") and __import__("a") count too
    (unless not `called`, where the text has none).
    """
    names = set()
    for node in statements(tree, lazy):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    for node in calls(tree, IMPORTERS, lazy) if called else ():
        if node.args and isinstance(node.args[0], ast.Constant):
            names.add(str(node.args[0].value))
    return names


@cache
def source_imports(lazy=True):
    """module of explorer -> all it names in imports; without `lazy` only what is imported together with it."""
    found = {}
    for path in python_files():
        name = module_name(path)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        called = any(word in text_of(path) for word in IMPORTERS)
        found[name] = imports_of(tree_of(path), package, lazy, called)
    return found


def room(module):
    """The folder of explorer that a module lies in; "" for what lies elsewhere."""
    return module.split(".")[1] if module.startswith("explorer.") else ""


@cache
def reached(start, lazy=True):
    """Module -> the chain of modules through which `start` imports it; parents of a package are imported with it."""
    chains, queue = {}, [(start, (start,))]
    while queue:
        name, chain = queue.pop()
        for target in source_imports(lazy).get(name, ()):
            parts = target.split(".")
            for module in (".".join(parts[: i + 1]) for i in range(len(parts))):
                if module not in chains:
                    chains[module] = (*chain, module)
                    queue.append((module, (*chain, module)))
    return chains


@cache
def importers(library, lazy=True):
    """All modules that import a library, through whatever chain."""
    by, found, queue = {}, set(), [library]
    for name, targets in source_imports(lazy).items():
        for target in targets:
            parts = target.split(".")
            for module in (".".join(parts[: i + 1]) for i in range(len(parts))):
                by.setdefault(module, set()).add(name)
    while queue:
        new = by.get(queue.pop(), set()) - found
        found |= new
        queue += new
    return found


def crossings(folders, forbidden, lazy=True):
    """Chains from modules of `folders` to a forbidden library."""
    guilty = [(name, lib) for lib in forbidden for name in importers(lib, lazy) if room(name) in folders]
    return [" -> ".join(reached(name, lazy)[library]) for name, library in guilty]


def test_nothing_right_of_the_joints_imports_torch():
    """A page may start what trains or tokenizes, by an import in the function that starts it; torch itself it never
    names."""
    assert crossings(RIGHT_OF_THE_JOINTS, ["torch"], lazy=False) == []
    named = {
        name for name, targets in source_imports().items() if room(name) in RIGHT_OF_THE_JOINTS and "torch" in targets
    }
    assert named == set()


def test_lazy_imports_are_in_plain_sight():
    """A dotted path in a string hides an import from readers and tools: only registries have them."""
    loaded = {
        f"{module_name(path)}: {ast.unparse(node)}"
        for path in python_files()
        if "load_dotted" in text_of(path)
        for node in calls(tree_of(path), ("load_dotted",))
    }
    assert loaded == LOADED_BY_STRING


def test_nothing_left_of_the_joints_imports_gradio_or_plotly():
    assert crossings(LEFT_OF_THE_JOINTS, ["gradio", "plotly"]) == []


def test_figures_need_no_page():
    assert crossings(["figures"], ["gradio"]) == []


def test_the_joints_themselves_import_neither():
    joints = ("joints.record", "joints.frame", "joints.audit", "joints.tokenizer", "lab.settings", "lab.controls")
    for name in (f"explorer.{joint}" for joint in joints):
        assert name in source_imports(), name
        assert not {"torch", "gradio", "plotly"} & set(reached(name)), name


def test_a_recorder_needs_torch_and_numpy_alone_and_its_reader_no_torch():
    for name, needs in (("recorder.recorder", {"numpy", "torch"}), ("joints.files.recording.reading", {"numpy"})):
        roots = {module.split(".")[0] for module in reached(f"explorer.{name}", lazy=False)}
        assert roots - set(sys.stdlib_module_names) - {"explorer"} == needs, name


def test_no_folder_imports_from_a_floor_above():
    floor = {folder: number for number, folders in enumerate(FLOORS) for folder in folders}
    folders = {path.name for path in (ROOT / "explorer").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(floor)
    upwards = set()
    for name, targets in source_imports().items():
        own = room(name)
        height = floor.get(own, len(FLOORS))
        upwards |= {(own, room(target)) for target in targets if floor.get(room(target), -1) > height}
    assert upwards == set(UPWARDS)


def test_the_reader_of_imports_sees_them_all():
    code = "import a.b\nfrom . import c\nfrom ..d import e\ndef f():\n    import g\n    import_module('h')\n"
    assert imports_of(ast.parse(code), "x.y") == {"a.b", "x.y", "x.y.c", "x.d", "x.d.e", "g", "h"}
    assert imports_of(ast.parse(code), "x.y", lazy=False) == {"a.b", "x.y", "x.y.c", "x.d", "x.d.e"}
    deep = "try:\n    import a\nexcept E:\n    with b:\n        import b\nfinally:\n    for c in d:\n        import c\n"
    deep += "match e:\n    case 1:\n        import d\nwhile f:\n    pass\nelse:\n    import e\n"
    assert imports_of(ast.parse(deep), "x") == {"a", "b", "c", "d", "e"}
    nested = "class A:\n    import b\n    def f(self):\n        import c\nif A:\n    import d\n"
    assert imports_of(ast.parse(nested), "x", lazy=False) == {"b", "d"}
    assert imports_of(ast.parse("def f():\n    return lambda: __import__('a')\n"), "x") == {"a"}
    # A module that must reach torch, so that finding none means something.
    chain = reached("explorer.quantizers.vq")["torch"]
    assert "explorer.quantizers.vq" in importers("torch") & importers("torch", lazy=False)
    guilty = importers("torch", lazy=False)
    assert guilty == {name for name in source_imports(False) if "torch" in reached(name, False)}
    assert chain[0] == "explorer.quantizers.vq" and chain[-1] == "torch"


def test_files_are_short_enough_to_read():
    files = [path for top in ("explorer", "tests") for path in own_paths(top) if path.suffix in (".py", ".js")]
    lines = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in files}
    assert len(lines) > 1000
    assert {name: n for name, n in lines.items() if n > FILE_LINES} == {}


def test_no_room_is_crowded():
    """A newcomer reads a folder at a glance: 30 files of its own, and what is more goes to a room within."""
    tops = ("explorer", "tests")  # rooms themselves
    rooms = [path for top in tops for path in (ROOT / top, *own_paths(top)) if path.is_dir()]
    held = {
        str(room.relative_to(ROOT)): sum(1 for file in room.iterdir() if file.is_file() and file.suffix != ".pyi")
        for room in rooms
        if room.name != "__pycache__"
    }
    assert len(held) > 50 and {room: count for room, count in held.items() if count > 30} == {}


def test_no_two_test_files_have_one_name():
    """pytest imports them by their name alone, so two of one name end the whole run."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) > 100 and {name for name in names if names.count(name) > 1} == set()


@pytest.mark.parametrize("folder", ["explorer", "tests"])
def test_functions_are_short_enough_to_read(folder):
    long, seen = {}, 0
    for path in python_files(folder):
        for node in statements(tree_of(path)):
            if isinstance(node, FUNCTIONS):
                seen += 1
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert seen > 50
    assert long == {}


def test_there_is_no_drawer_for_odds_and_ends():
    named = [path for top in ("explorer", "tests") for path in own_paths(top)]
    drawers = [str(p) for p in named if p.stem.lower() in ("utils", "util", "helpers", "misc", "common")]
    assert drawers == [] and len(named) > 10


def test_every_module_says_what_it_is_for():
    silent = [str(path.relative_to(ROOT)) for path in python_files() if not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_papers_are_cited_by_their_names():
    """A number of a list that is not in this project leads nowhere."""
    files = [
        path for top in ("explorer", "tests", "assets") for path in own_paths(top) if path.suffix in (".py", ".js")
    ]
    cited = re.compile(r"\bsurveys? 0\d", re.IGNORECASE)
    assert [str(path) for path in files if cited.search(path.read_text(encoding="utf-8"))] == [] and len(files) > 100


def test_nothing_unsafe_is_called_in_the_source():
    """Files and the network never become code: no eval, no pickle, no shell."""
    files = [*python_files(), *((ROOT / "explorer").rglob("*.js"))]
    found = {
        f"{path.relative_to(ROOT)}:{number}": line.strip()
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(UNSAFE, line)
    }
    assert found == {}
    for line in ("torch.load(path, weights_only = False)", "x = eval(text)", "pickle.load(file)", "run(c, shell=True)"):
        assert re.search(UNSAFE, line), line
    for harmless in ("model.eval()", "pattern.exec(text)"):  # a module's mode, a regular expression's method
        assert not re.search(UNSAFE, harmless), harmless


def test_no_markup_is_made_from_text():
    """Text of a user or a file reaches the page through textContent alone."""
    scripts = list((ROOT / "explorer").rglob("*.js"))
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function|https?://(?!www\.w3\.org)"
    found = [
        f"{p.relative_to(ROOT)}: {hit.group()}" for p in scripts for hit in re.finditer(forbidden, p.read_text("utf-8"))
    ]
    assert scripts and found == []


def test_the_top_level_holds_only_what_belongs_there():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is no list of the project's files")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.split("/")[0] for line in listed.splitlines()}
    assert "explorer" in top
    assert {name for name in top if not name.startswith(".")} - TOP_LEVEL == set()
