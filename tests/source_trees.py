"""The Python files of the project as they are parsed: each once, and walked by statements where these are enough."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def statements(tree: ast.Module, lazy: bool = True) -> Iterator[ast.AST]:
    """Every statement, however deep; without the bodies of functions, which run later, unless `lazy`."""
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        yield node
        if lazy or not isinstance(node, FUNCTIONS):
            for body in BODIES:
                queue += getattr(node, body, ())


def calls(tree: ast.Module, names: tuple[str, ...], lazy: bool = True) -> Iterator[ast.Call]:
    """Every call of a function of those names, however it was imported; `lazy` as in `statements`."""
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
            yield node
        if lazy or not isinstance(node, (*FUNCTIONS, ast.Lambda)):
            queue += ast.iter_child_nodes(node)
