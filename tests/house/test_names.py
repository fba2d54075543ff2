"""Functions are named by verbs, classes and modules by nouns: a participle (said, Laid) tells nobody what one does."""

import ast
import re

from tests.test_house import python_files

IRREGULAR = {
    *("born", "broken", "built", "chosen", "done", "drawn", "found", "given", "held", "known", "laid", "left", "lost"),
    *("made", "met", "noted", "read", "said", "seen", "shown", "spoken", "taken", "told", "written"),
}
NO_PARTICIPLES = {"bed", "embed", "feed", "indeed", "need", "red", "reseed", "seed", "speed", "unused"}
COMMANDS = {"shipped"}  # `python -m explorer.audit.shipped`, as the README has it
HAPPENED = {"Cancelled", "Diverged"}  # what is raised is named by what happened
LEFT = {"carried", "tokenized"}


def words(name):
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def participle(word):
    return word in IRREGULAR or (word.endswith("ed") and word not in NO_PARTICIPLES)


def names_of(path):
    """The module, its classes and the functions that others may call."""
    yield path.stem
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and not node.name.startswith("_")):
            yield node.name


def test_no_class_function_or_module_is_named_by_a_participle():
    named = {
        name
        for path in python_files()
        for name in names_of(path)
        if len(words(name)) == 1 and participle(words(name)[0])
    }
    assert named == COMMANDS | HAPPENED | LEFT


def test_what_a_participle_is():
    assert all(participle(word) for word in ("said", "laid", "noted", "opened"))
    assert not any(participle(word) for word in ("seed", "embed", "write", "spread", "codec"))
