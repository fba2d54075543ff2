"""What a user tells of a tokenizer of their own, as a TokenizerSpec; and calls of their code, with errors in words."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from explorer.foundation.errors import AdapterError, ExplorerError
from explorer.joints.record import Codebook, Combination
from explorer.joints.tokenizer import TokenizerSpec

LAYOUTS = {"image": "grid2d", "audio": "sequence", "video": "grid3d"}
FOUND = (
    *("id", "codebook_size", "codebook_dim", "num_quantizers", "combination", "memory_bytes", "source", "measured"),
    "warnings",
)
_log = logging.getLogger(__name__)


def slug(text: str) -> str:
    """Text as part of an id: [a-z0-9._-], at most 60 of them."""
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-.")[:60] or "tokenizer"


def spec_from(
    codebooks: Sequence[Codebook], combination: Combination, parameters: int, quantizer: str, facts: Mapping
) -> TokenizerSpec:
    """The spec of a tokenizer with these codebooks; `facts` are fields of TokenizerSpec that only the user knows.

    Raises AdapterError for facts that are unknown, missing, or do not fit together.
    """
    told = {part.name for part in fields(TokenizerSpec)} - set(FOUND)
    unknown = [name for name in facts if name not in told]
    if unknown:
        raise AdapterError(f"there is no fact {unknown[0]!r}; there are {', '.join(sorted(told))}.")
    modality = facts.get("modality", "image")
    if modality not in LAYOUTS:
        raise AdapterError(f"modality {modality!r} is none of {', '.join(LAYOUTS)}.")
    downsampling = facts.get("downsampling")
    if isinstance(downsampling, bool) or not isinstance(downsampling, int) or downsampling < 1:
        raise AdapterError(
            f"downsampling must be the pixels (or samples) a token stands for along each side, not {downsampling!r}."
        )
    if modality == "audio" and not facts.get("sample_rate_hz"):
        raise AdapterError("sound needs sample_rate_hz, such as sample_rate_hz=24000.")
    delay = facts.get("delay_samples")
    if delay is not None and (isinstance(delay, bool) or not isinstance(delay, int)):
        raise AdapterError(f"delay_samples must be a whole number of samples, below 0 if early, not {delay!r}.")
    known = {
        "title": "",
        "summary": "A tokenizer of the person who started this server.",
        "modality": modality,
        "quantizer": quantizer,
        "layout": LAYOUTS[modality],
        "parameters": parameters,
        "licence": "not stated",
    }
    size = max(book.codebook_size for book in codebooks)
    return TokenizerSpec(
        **known | dict(facts),
        id="",
        codebook_size=size,
        codebook_dim=codebooks[0].codebook_dim,
        num_quantizers=len(codebooks),
        combination=combination,
        source="user",
    )


def calling_line() -> tuple[str, int]:
    """(file, line) of the call of the function that asks."""
    frame = traceback.extract_stack(limit=3)[0]
    return frame.filename, frame.lineno or 0


@contextmanager
def unheard() -> Iterator[None]:
    """Failures of the user's code are not written to the log: they are expected, and change nothing."""
    before, _log.disabled = _log.disabled, True
    try:
        yield
    finally:
        _log.disabled = before


def call_user(name: str, function: Callable, *arguments: object, **named: object) -> object:
    """What the user's function gives. Raises AdapterError with the line of their code if it fails; the log has the
    trace."""
    try:
        return function(*arguments, **named)
    except ExplorerError:
        raise
    except Exception as error:
        _log.warning("%s of a user's tokenizer failed", name, exc_info=error)
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if "site-packages" not in frame.filename]
        last = own[-1] if len(own) > 1 else frames[-1]  # the first of them is the call above
        words = words_of(error)
        given = ", ".join(str(tuple(part.shape)) for part in arguments if hasattr(part, "shape"))
        of = f" of {given}" if given else ""
        where = f"{Path(last.filename).name}, line {last.lineno}"
        raise AdapterError(f"{name}{of} failed at {where}: {type(error).__name__}: {words}") from error


def words_of(error: BaseException) -> str:
    """What an error says, in one line; of a state dict that does not fit, what does not."""
    text = str(error).strip()
    return state_dict_words(text) or text.partition("\n")[0] or type(error).__name__


def state_dict_words(text: str) -> str:
    """What torch says over many lines of a state dict that does not fit, in one: how many keys are missing, unexpected
    or misshapen, and the first of each. "" for any other text."""
    if "loading state_dict for" not in text:
        return ""
    missing, unexpected = (_keys_after(text, word) for word in ("Missing", "Unexpected"))
    shapes = re.findall(r"size mismatch for (\S+): .*?torch\.Size\((\[[^]]*\])\).*?torch\.Size\((\[[^]]*\])\)", text)
    said = [f"{len(missing):,} missing, first {missing[0]!r}"] if missing else []
    said += [f"{len(unexpected):,} not expected, first {unexpected[0]!r}"] if unexpected else []
    if shapes:
        key, have, want = shapes[0]
        said.append(f"{len(shapes):,} of another shape, first {key!r}: {have} in the file, {want} in the model")
    name = re.search(r"loading state_dict for ([^:\n]+)", text)
    hint = _prefix_hint(missing, unexpected)
    return f"the state dict does not fit {name[1] if name else 'the model'}: {'; '.join(said) or text[-200:]}{hint}"


def _keys_after(text: str, word: str) -> list[str]:
    found = re.search(rf"{word} key\(s\) in state_dict: (.*)", text)
    return re.findall(r'"([^"]+)"', found[1]) if found else []


def _prefix_hint(missing: Sequence[str], unexpected: Sequence[str]) -> str:
    """What to do where keys differ only by what they begin with."""
    for fewer, more, words in ((missing, unexpected, "take it off"), (unexpected, missing, "put it before them")):
        for key in more[:1]:
            for start in (key[: -len(other)] for other in fewer if key.endswith(other)):
                if start and {start + other for other in fewer} == set(more):
                    return f"; the keys of the file differ by {start!r} alone: {words}"
    return ""


def checked_shape(what: str, found: Sequence[int], expected: Sequence[int], why: str) -> None:
    """Raise AdapterError, saying what came and what was expected, unless the shapes are alike."""
    if tuple(found) != tuple(expected):
        raise AdapterError(f"{what} has shape {tuple(found)}; {tuple(expected)} was expected: {why}.")
