"""The rules of the house for what goes to the browser and how it looks there, read from the source."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VIEWS = ROOT / "explorer" / "views"
KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TOKENS = VIEWS / "kit" / "page" / "theme.css"  # where alone a size of type or a radius is written in numbers
MOST = {"text": 7, "radius": 5}  # tokens of a kind
LENGTH = r"(?<![\w.-])[\d.]+(?:px|r?em|pt|ch|v[wh]|%)"
# Questions of the browser: {key: ...} of what is sent, up to the first nested object.
ASKED = re.compile(r"(?:\btrigger|\bask|\bact|\blive|\brun)\(\s*\"\w+\",\s*\{([^{}]*)", re.DOTALL)


def sent_keys(code):
    """Keys of all tables that are written out in Python code, where they are words; not those of `**` and variables."""
    found = []
    for node in ast.walk(ast.parse(code)):
        keys = node.keys if isinstance(node, ast.Dict) else []
        if isinstance(node, ast.Assign):
            keys = [target.slice for target in node.targets if isinstance(target, ast.Subscript)]
        words = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        found += [word for word in words if re.fullmatch(r"\w+", word)]
    return found


def asked_keys(code):
    """Keys of what JavaScript code asks or tells the server."""
    keys = []
    for inside in ASKED.findall(code):
        plain = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"", "", inside)
        keys += [key for part in plain.split(",") if (key := part.split(":")[0].strip()) and not key.startswith("...")]
    return keys


def odd(keys):
    """Those of another spelling; symbols such as K, and names of the environment, are all capitals."""
    return sorted({key for key in keys if not KEY.fullmatch(key) and not key.isupper()})


def test_keys_of_payloads_have_one_spelling():
    """Words joined by "_", as Python's names are, in both directions."""
    scripts = [*VIEWS.rglob("*.py"), *(ROOT / "explorer" / "pages").rglob("*.py")]
    sent = {path: sent_keys(path.read_text(encoding="utf-8")) for path in scripts}
    assert sum(len(keys) for keys in sent.values()) > 300
    assert {str(path.relative_to(ROOT)): odd(keys) for path, keys in sent.items() if odd(keys)} == {}
    asked = {path: asked_keys(path.read_text(encoding="utf-8")) for path in VIEWS.rglob("*.js")}
    assert sum(len(keys) for keys in asked.values()) > 40
    assert {str(path.relative_to(ROOT)): odd(keys) for path, keys in asked.items() if odd(keys)} == {}


def test_the_reader_of_keys_sees_them_all():
    made = 'a = {"numTokens": 1, "K": 2, **rest, name: 3, "in-words": 4}\na["usedCodes"] = {"code_norm": [{"xY": 1}]}\n'
    assert odd(sent_keys(made)) == ["numTokens", "usedCodes", "xY"]
    asking = 'trigger("a", { level, tokenAt: at(1, 2) });\nbus.ask("b", { ...rest, job_id: [1, 2], list })'
    assert (asked_keys(asking), odd(asked_keys(asking))) == (["level", "tokenAt", "job_id", "list"], ["tokenAt"])


def literal_sizes(sheet):
    """Declarations of type and radius that name a length themselves: "font-size: 12px"."""
    bare = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found = re.findall(r"(?<![\w-])((?:font-size|font|border-(?:[a-z]+-)*radius)\s*:\s*[^;}]+)", bare)
    return [one for one in found if re.search(LENGTH, one.split(":", 1)[1])]


def test_sizes_of_type_and_radii_come_from_the_tokens_alone():
    sheets = {path: path.read_text(encoding="utf-8") for path in VIEWS.rglob("*.css")}
    assert len(sheets) > 20
    assert {
        str(path.relative_to(ROOT)): found for path, sheet in sheets.items() if (found := literal_sizes(sheet))
    } == {}
    made = "a { font-size: 12px; font: 600 0.9em / 1 x; border-top-left-radius: 50%; border-radius: 0 var(--b) }"
    assert literal_sizes(made) == ["font-size: 12px", "font: 600 0.9em / 1 x", "border-top-left-radius: 50%"]
    assert (
        literal_sizes("a { font: inherit; font-size: var(--dte-text-2xl); border-radius: inherit } /* font: 2px */")
        == []
    )


def test_tokens_are_few_and_all_are_there():
    named = set(re.findall(r"(--dte-[\w-]+)\s*:", TOKENS.read_text(encoding="utf-8")))
    for kind, most in MOST.items():
        assert 3 <= sum(name.startswith(f"--dte-{kind}") for name in named) <= most, kind
    used = {
        name for path in VIEWS.rglob("*.css") for name in re.findall(r"var\((--dte-[\w-]+)", path.read_text("utf-8"))
    }
    assert used <= named and len(used) > 30


def test_no_sheet_is_borrowed_from_another_room():
    """What several pages look like lies in the kit; a room loads its own sheets and those of the kit."""
    borrowed = []
    for path in (path for ending in ("*.js", "*.css") for path in VIEWS.rglob(ending)):
        room = path.relative_to(VIEWS).parts[0]
        for sheet in re.findall(r"\"([\w./-]+\.css)\"", path.read_text(encoding="utf-8")):
            target = (path.parent / sheet).resolve().relative_to(VIEWS).parts[0]
            borrowed += [f"{path.relative_to(VIEWS)}: {sheet}"] if target not in (room, "kit") else []
    assert borrowed == []


def borrowed():
    """(file, what it imports of another room) of every module of the views; of the kit all rooms may take."""
    found = set()
    for path in VIEWS.rglob("*.js"):
        for name in re.findall(r"(?:from |import\()\"(\.[^\"]+)\"", path.read_text(encoding="utf-8")):
            room, taken = (one.relative_to(VIEWS).parts[0] for one in (path, (path.parent / name).resolve()))
            if taken not in (room, "kit"):
                found.add((str(path.relative_to(VIEWS)), str((path.parent / name).resolve().relative_to(VIEWS))))
    return found


def test_no_room_takes_modules_of_another():
    """What several rooms need is in the kit. The editor is a part of the page of Inspect, which mounts it."""
    assert borrowed() == {("inspect/page.js", "edit/view.js")}
