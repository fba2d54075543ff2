"""A user's own tokenizers: an adapter file, named by the person who starts the server; its `tokenizer()` returns them.

Its code runs in this process. That is why only the command line takes such a file (`--adapter my_adapter.py`), and why
nothing that comes from a page, a link or the Hub ever reaches `bring_adapter`.

`tokenizer()` returns one of these, or a list of them: `adapt(...)` around functions that encode and decode;
`attach(...)` around an encoder, a quantizer and a decoder; a `Codec`; a `Tokenizer`.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from explorer.foundation.errors import AdapterError
from explorer.joints.table_faults import codebook_faults
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.tokenizers import bring, list_tokenizers
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import Codec
from explorer.tokenizers.user.facts import slug, words_of
from explorer.tokenizers.user.functions import adapt
from explorer.tokenizers.user.parts import attach
from explorer.tokenizers.user.trial import try_out, try_quietly, try_whole

__all__ = ["adapt", "attach", "bring_adapter"]
MAKER = "tokenizer"  # the function that an adapter file defines


def bring_adapter(file: str | Path) -> list[TokenizerSpec]:
    """Run an adapter file and let the app know its tokenizers; their specs, in its order.

    Raises AdapterError in one line, with the line of the file, for whatever is wrong with it.
    """
    path = Path(file)
    if path.suffix != ".py" or not path.is_file():
        raise AdapterError(f"--adapter needs a Python file that defines {MAKER}(); {str(file)!r} is none.")
    made = _guarded(path, lambda: _maker(path)())
    found = list(made) if isinstance(made, (list, tuple)) else [made]
    if not found:
        raise AdapterError(f"{path.name}: {MAKER}() returned an empty list.")
    specs: list[TokenizerSpec] = []
    for number, one in enumerate(found):
        now = {spec.id for spec in specs}
        specs.append(_guarded(path, lambda one=one, number=number, now=now: _bring_one(path, one, number, now)))
    return specs


def _maker(path: Path) -> Callable[[], object]:
    """The file's function, after running the file; its folder can be imported from, as of any script."""
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"explorer_adapter_{slug(path.stem)}"
    found = importlib.util.spec_from_file_location(name, path.resolve())
    module: ModuleType = importlib.util.module_from_spec(found)  # type: ignore[arg-type]
    sys.modules[name] = module  # classes of the file are looked up there
    found.loader.exec_module(module)  # type: ignore[union-attr]
    maker = getattr(module, MAKER, None)
    if not callable(maker):
        raise AdapterError(f"{path.name} defines no function {MAKER}(): it must return what adapt() or attach() made.")
    return maker


def _guarded(path: Path, work: Callable) -> object:
    """What `work` gives; anything raised becomes one line that names the line of the user's file."""
    try:
        return work()
    except SyntaxError as error:
        where = Path(error.filename).name if error.filename else path.name
        raise AdapterError(f"{where}, line {error.lineno}: {error.msg}.") from error
    except (Exception, SystemExit) as error:
        words = words_of(error)
        kind = "" if isinstance(error, AdapterError) else f"{type(error).__name__}: "
        if isinstance(error, AdapterError) and words.startswith(path.name):
            raise
        raise AdapterError(f"{path.name}{line_in(path, error)}: {kind}{words}") from error


def line_in(path: Path, error: BaseException) -> str:
    """ ", line 12" of the innermost place in that file through which the error came; "" if there is none."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve() == path.resolve()
    ]
    return f", line {lines[-1]}" if lines else ""


# Which file brought an id, so that a file that is brought again takes its own place, and no other does.
_files: dict[str, Path] = {}


def _bring_one(path: Path, made: object, number: int, now: set[str]) -> TokenizerSpec:
    """now: ids that the file has brought in this call."""
    if not isinstance(made, (Codec, Tokenizer)):
        raise AdapterError(
            f"{path.name}: {MAKER}() returned {type(made).__name__}; it must return what adapt() or attach() made, "
            "a Codec, a Tokenizer, or a list of those."
        )
    spec = getattr(made, "spec", None)
    if not isinstance(spec, TokenizerSpec):
        raise AdapterError(f"{path.name}: the {type(made).__name__} that {MAKER}() returned has no spec.")
    whole = isinstance(made, Tokenizer)
    title = spec.title or (path.stem if number == 0 else f"{path.stem} {number + 1}")
    name = spec.id or f"user--{slug(title)}"
    if whole and not spec.id:
        raise AdapterError(f"{path.name}: the spec of {type(made).__name__} has no id, which its records need.")
    if not re.fullmatch(r"[a-z0-9._-]+", name):
        raise AdapterError(f"{path.name}: the id {name!r} may hold only a-z, 0-9, '.', '_' and '-'.")
    others = {one.id: one.source for one in list_tokenizers()}
    taken = {id for id, of in others.items() if of != "user" or _files.get(id, path.resolve()) != path.resolve()} | now
    if name in taken and (whole or others.get(name, "user") != "user"):
        raise AdapterError(f"{path.name}: there is another tokenizer of the id {name!r}; give this one another title.")
    _try(path, made)
    if whole:
        spec = replace(spec, source="user")
    else:
        spec = _apart(spec, name, title, taken)
        faults = codebook_faults(made.codebooks(), "group" if spec.combination == "concatenate" else "level")
        spec = replace(spec, source="user", warnings=(*made.warnings, *faults))

    def make(device: str) -> Tokenizer:
        return made if whole else AdaptedTokenizer(made, spec, device)

    _files[spec.id] = path.resolve()
    bring(spec, make)
    return spec


def _apart(spec: TokenizerSpec, name: str, title: str, taken: set[str]) -> TokenizerSpec:
    """The spec with an id and a title that no other has: the second of one title gets a 2."""
    count = 1
    while (name if count == 1 else f"{name}-{count}") in taken:
        count += 1
    return (
        replace(spec, id=name, title=title)
        if count == 1
        else replace(spec, id=f"{name}-{count}", title=f"{title} ({count})")
    )


def _try(path: Path, made: Codec | Tokenizer) -> None:
    """Encoder and decoder run once. Raises AdapterError at the line where the user's file made it."""
    try:
        if isinstance(made, Tokenizer):
            try_whole(made)
        elif made.spec.decodes:
            try_out(made)
        else:
            try_quietly(made)
    except AdapterError as error:
        file, line = getattr(made, "made_at", ("", 0))
        here = bool(file) and Path(file).resolve() == path.resolve()
        raise AdapterError(f"{path.name}, line {line}: {error}" if here else str(error)) from error
