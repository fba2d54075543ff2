"""Pickles read as data: a small machine of our own that builds plain values and empty shells, and can run nothing.

A pickle is a program for a stack machine; what makes it dangerous is that Python's own machine imports whatever names
it asks for and calls them. This one knows the same opcodes (pickletools documents them), but a name stays a name
(`Global`), and a call or an instance becomes a `Shell` that remembers what was asked for. The few names that mean a
tensor or a dict are given as `builders`. Lengths, opcodes and memory are bounded, so that a hostile file costs little.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError

NAME_LETTERS = 1000  # of a class with its module, or of a tensor with all that it lies in


@dataclass(frozen=True)
class Global:
    """The name of a class or a function, which is never imported."""

    module: str
    name: str

    @property
    def words(self) -> str:
        return f"{self.module}.{self.name}"


class Shell:
    """An object that was asked for and not made: of which class, with which arguments, state and items."""

    __slots__ = ("args", "items", "made_by", "state")

    def __init__(self, made_by: object, args: object) -> None:
        self.made_by, self.args = made_by, args
        self.state: object = None
        self.items: list[object] | dict[object, object] | None = None


_MOVED = {"__builtin__": "builtins", "copy_reg": "copyreg"}  # as Python 2, and protocol 2, write them
Builder = Callable[..., object]


def describe_value(value: object) -> str:
    """A plain value in a few letters, anything else by its kind: the text of lists within lists may be endless."""
    if isinstance(value, (str, bytes)):
        return repr(value[:40])
    small = isinstance(value, int) and value.bit_length() <= 64
    return repr(value) if small or isinstance(value, (float, type(None))) else f"({type(value).__name__})"


def plain_key(key: object) -> bool:
    """Whether it may be a key of a dict: text, or a number so small that not many have the same hash."""
    return isinstance(key, (str, float, type(None))) or (isinstance(key, int) and key.bit_length() <= 64)


def check_name(name: str) -> None:
    """Raise CheckpointError for the name of a tensor that nobody could read, or that would act on a terminal."""
    if len(name) > NAME_LETTERS or not name.isprintable():
        raise CheckpointError(f"A tensor has a name of {len(name):,} letters that cannot be shown: {name[:40]!r}.")


class BoundedStream:
    """A stream of which at most `limit` bytes are read; more is a CheckpointError."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._left, self._limit = stream, limit, limit

    def read(self, size: int) -> bytes:
        if size > self._left:  # what a pickle claims is checked before it is read
            raise CheckpointError(f"The list of what the file holds is longer than {self._limit:,} bytes.")
        self._left -= size
        return self._stream.read(size)

    def readline(self) -> bytes:
        line = self._stream.readline(self._left + 1)
        if len(line) > self._left:
            raise CheckpointError(f"The list of what the file holds is longer than {self._limit:,} bytes.")
        self._left -= len(line)
        return line


def read_pickle(
    stream: BoundedStream,
    limits: Limits,
    builders: Mapping[str, Builder],
    storage: Callable[[object], object],
    seen: dict[str, Global],
) -> object:
    """The value of one pickle, from where `stream` stands to its end mark.

    builders: "module.name" -> what a call of it makes of its arguments. storage: what a persistent id stands for.
    seen: filled with every name that the pickle asks for. Raises CheckpointError for what is damaged or too large.
    """
    machine = _Machine(builders, storage, seen, limits.pickle_opcodes)
    try:
        for count, (opcode, value, _) in enumerate(pickletools.genops(stream)):
            if count >= limits.pickle_opcodes:
                raise CheckpointError(f"The file lists more than {limits.pickle_opcodes:,} things.")
            machine.step(opcode.name, value)
        return machine.result()
    except CheckpointError:
        raise
    except Exception as error:  # whatever a damaged pickle brings about is the file's fault, not a bug
        raise CheckpointError(f"The file is damaged: its pickle cannot be followed ({error}).") from error


class _Machine:
    """The stack, the memo, and what each opcode does to them."""

    def __init__(
        self, builders: Mapping[str, Builder], storage: Callable[[object], object], seen: dict, most: int
    ) -> None:
        self._builders, self._storage, self._seen = builders, storage, seen
        self._copied, self._most = 0, most  # things that builders were given: they may copy them
        self._stack: list = []
        self._below: list[list] = []  # the stacks under each mark
        self._memo: dict[int, object] = {}

    def result(self) -> object:
        return self._stack[-1]

    def step(self, name: str, value: object) -> None:
        if name in _VALUES:
            self._stack.append(value)
        elif name in _CONSTANTS:
            make = _CONSTANTS[name]
            self._stack.append(make() if callable(make) else make)
        elif name in _STEPS:
            _STEPS[name](self, value)
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise CheckpointError(f"The file's pickle uses {name}, which no checkpoint needs.")

    def _pop_mark(self) -> list:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _mark(self, _: object) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _put(self, index: object) -> None:
        place = len(self._memo) if index is None else int(index)
        if not plain_key(place):
            raise ValueError("a place is no small number")
        self._memo[place] = self._stack[-1]

    def _tuple(self, count: int) -> None:
        items = tuple(self._stack[-count:])
        if len(items) < count:
            raise ValueError("the stack is too short")
        self._stack[-count:] = [items]

    def _global(self, words: str) -> None:
        module, _, name = words.partition(" ")
        self._name(module, name)

    def _stack_global(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._name(module, name)

    def _name(self, module: object, name: object) -> None:
        if not isinstance(module, str) or not isinstance(name, str) or len(module) + len(name) > NAME_LETTERS:
            raise ValueError("the name of a class is no short text")
        found = Global(_MOVED.get(module, module), name)
        self._stack.append(self._seen.setdefault(found.words, found))

    def _reduce(self, _: object) -> None:
        args = self._stack.pop()
        self._stack[-1] = self._made(self._stack[-1], args)

    def _made(self, function: object, args: object) -> object:
        builder = self._builders.get(function.words) if isinstance(function, Global) else None
        if builder is None or not isinstance(args, tuple):
            return Shell(function, args)
        self._copied += sum(len(arg) for arg in args if isinstance(arg, (list, tuple, dict)))
        if self._copied > self._most:  # a few opcodes can ask for one more copy of a long list
            raise CheckpointError(f"The file lists more than {self._most:,} things.")
        return builder(*args)

    def _new(self, _: object) -> None:
        args = self._stack.pop()
        self._stack[-1] = self._made(self._stack[-1], args)

    def _new_with_words(self, _: object) -> None:
        self._stack.pop()  # keyword arguments
        self._new(None)

    def _object(self, _: object) -> None:
        items = self._pop_mark()
        self._stack.append(self._made(items[0], tuple(items[1:])))

    def _instance(self, words: str) -> None:
        args = tuple(self._pop_mark())
        self._global(words)
        self._stack[-1] = self._made(self._stack[-1], args)

    def _build(self, _: object) -> None:
        state = self._stack.pop()
        if isinstance(self._stack[-1], Shell):
            self._stack[-1].state = state

    def _extend(self, items: list) -> None:
        target = self._stack[-1]
        if isinstance(target, Shell):
            target.items = target.items if isinstance(target.items, list) else []
            target.items.extend(items)
        elif isinstance(target, list):
            target.extend(items)

    def _set_items(self, items: list) -> None:
        target = self._stack[-1]
        if isinstance(target, Shell):
            target.items = target.items if isinstance(target.items, dict) else {}
            target = target.items
        if isinstance(target, dict):
            pairs = zip(items[::2], items[1::2], strict=True)
            target.update((key, item) for key, item in pairs if plain_key(key))

    def _set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set_items([key, value])

    def _dict(self, _: object) -> None:
        items = self._pop_mark()
        self._stack.append({})
        self._set_items(items)

    def _append(self, _: object) -> None:
        self._extend([self._stack.pop()])

    def _add_items(self, _: object) -> None:
        self._extend(self._pop_mark())


# Opcodes that push what stands in them. A set is read as a list: nothing here asks a set whether it holds something.
_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
_CONSTANTS = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
}
_STEPS: dict[str, Callable[[_Machine, object], None]] = {
    "MARK": _Machine._mark,
    "POP": lambda m, _: m._stack.pop() if m._stack else m._pop_mark(),
    "POP_MARK": lambda m, _: m._pop_mark(),
    "DUP": lambda m, _: m._push(m._stack[-1]),
    "PUT": _Machine._put,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "MEMOIZE": _Machine._put,
    "GET": lambda m, i: m._push(m._memo[int(i)]),
    "BINGET": lambda m, i: m._push(m._memo[i]),
    "LONG_BINGET": lambda m, i: m._push(m._memo[i]),
    "TUPLE1": lambda m, _: m._tuple(1),
    "TUPLE2": lambda m, _: m._tuple(2),
    "TUPLE3": lambda m, _: m._tuple(3),
    "TUPLE": lambda m, _: m._push(tuple(m._pop_mark())),
    "LIST": lambda m, _: m._push(m._pop_mark()),
    "FROZENSET": lambda m, _: m._push(m._pop_mark()),
    "DICT": _Machine._dict,
    "APPEND": _Machine._append,
    "APPENDS": _Machine._add_items,
    "ADDITEMS": _Machine._add_items,
    "SETITEM": _Machine._set_item,
    "SETITEMS": lambda m, _: m._set_items(m._pop_mark()),
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "REDUCE": _Machine._reduce,
    "BUILD": _Machine._build,
    "INST": _Machine._instance,
    "OBJ": _Machine._object,
    "NEWOBJ": _Machine._new,
    "NEWOBJ_EX": _Machine._new_with_words,
    "BINPERSID": lambda m, _: m._push(m._storage(m._stack.pop())),
}
