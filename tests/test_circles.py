"""No two rooms import each other, be it by a way through others, by a function's import or by a registry's string."""

import ast
import re

from tests.test_house import module_name, python_files, source_imports


def named_by_strings(tree):
    """Modules that registries name: "explorer.package.module:name", which are imported when they are asked for."""
    found = (re.fullmatch(r"(explorer(?:\.\w+)+):\w+", s) for s in strings_of(tree))
    return {match[1] for match in found if match}


def strings_of(tree):
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def rooms_that_reach_themselves(imports, depth):
    """The rooms, named by `depth` parts below explorer, on a circle of imports. imports: module -> names in imports."""
    of = {name: tuple(name.split(".")[1 : depth + 1]) for name in imports}
    packages = {name.rpartition(".")[0] for name in imports}
    # A module that lies higher is no room: it may use all that stand beside it, and they what it holds in common.
    rooms = {
        name: room for name, room in of.items() if len(room) == depth and (name.count(".") > depth or name in packages)
    }
    onward = {room: set() for room in rooms.values()}
    for name, room in rooms.items():
        onward[room] |= {rooms[target] for target in imports[name] if target in rooms} - {room}

    def reach(start):
        seen, queue = set(), [start]
        while queue:
            for room in onward[queue.pop()] - seen:
                seen.add(room)
                queue.append(room)
        return seen

    return {"/".join(room) for room in onward if room in reach(room)}


def all_imports():
    """module -> all that it imports: at its top, inside of functions, and in the tables of registries."""
    trees = {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in python_files()}
    return {name: source_imports()[name] | named_by_strings(tree) for name, tree in trees.items()}


def test_no_circle_between_rooms():
    assert rooms_that_reach_themselves(all_imports(), 1) == set()


def test_no_circle_between_rooms_within_a_room():
    assert rooms_that_reach_themselves(all_imports(), 2) == set()


def test_the_finder_of_circles_finds_one():
    """Through a registry, a function's import and a room within a room; a room may use what stands above it."""
    line = "explorer.a.x: explorer.b.y; explorer.b.y: explorer.c.z; explorer.c.z: explorer.d; explorer.d: explorer.e.v"
    imports = {name: {target} for name, target in (part.split(": ") for part in line.split("; "))}
    imports |= {"explorer.e.v": {"explorer.foundation"}, "explorer.a": set(), "explorer.b": set(), "explorer.c": set()}
    assert rooms_that_reach_themselves(imports, 1) == set()
    closed = imports | {"explorer.d.w": named_by_strings(ast.parse('TABLE = {"x": "explorer.a.x:NAME"}'))}
    assert rooms_that_reach_themselves(closed, 1) == {"a", "b", "c", "d"}
    within = {"explorer.a.p.x": {"explorer.a.q.y"}, "explorer.a.q.y": {"explorer.a.p.x", "explorer.a.top"}}
    within |= {"explorer.a.top": {"explorer.a.p.x"}, "explorer.a": set()}
    assert rooms_that_reach_themselves(within, 2) == {"a/p", "a/q"} and rooms_that_reach_themselves(within, 1) == set()
