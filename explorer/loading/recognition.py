"""Which format a header is of, and what it will take in memory. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from explorer.foundation.errors import CheckpointError, ExplorerError
from explorer.foundation.words import count_of
from explorer.joints.tokenizer import TokenizerSpec
from explorer.loading.averages import with_average
from explorer.loading.elsewhere import elsewhere
from explorer.loading.pickle_names import ITEM_BYTES
from explorer.public import FORMATS
from explorer.public.format import Format
from explorer.public.header import Header

UNFORESEEN = (
    KeyError,
    TypeError,
    ValueError,
    IndexError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    StopIteration,
)
USED = {
    "averaged": "The running averages of its weights are used.",
    "raw": "Its raw weights are used, not their running averages.",
}
SHOWN = 4  # keys named in a message
MOST_OTHERS = 8


@dataclass(frozen=True)
class Recognition:
    """header: with the tensors that the format reads. memory_bytes: of those, as they will lie in memory."""

    format_id: str
    format: Format
    header: Header
    spec: TokenizerSpec
    memory_bytes: int


def format_of(format_id: str) -> Format:
    """The format of that id."""
    return FORMATS.load(format_id)


def recognise(header: Header, weights: str = "") -> Recognition:
    """The first format whose fingerprint the header has, described; where none has it, the file's other sets of tensors
    (an average of the weights, a part of a larger model) are asked about. Raises CheckpointError with what was tried.

    weights: "averaged" or "raw" where a file may hold both, "" for what the format's original takes.
    """
    formats = list(_formats())
    for one in (header, *_alternatives(header)):
        for format_id, format in formats:
            if _yes(format.recognises, one):
                return _described(format_id, format, one, weights)
    if words := _ours(header):
        raise CheckpointError(words)
    alike = [format for _, format in formats if _yes(format.resembles, header)]
    if words := next(filter(None, (format.missing(header) for format in alike)), ""):
        raise CheckpointError(words)
    if alike and not header.config:
        raise CheckpointError(config_missing(header, *alike))
    if (other := elsewhere(header.tensors)) is not None:
        raise CheckpointError(f"{header.path.name} {other.words}")
    raise CheckpointError(_unknown(header, [format.title for _, format in formats], alike))


def _ours(header: Header) -> str:
    """What is said of a tokenizer that this app trained, which has no need to be brought; "" for others."""
    quantizer, name = header.config.get("quantizer"), header.config.get("id")
    if not (
        isinstance(quantizer, dict) and "id" in quantizer and isinstance(name, str) and "modality" in header.config
    ):
        return ""
    return (
        f"{header.path.name} is a tokenizer that this app trained, {name[:60]!r}. It stands in "
        "`python -m explorer list` where its folder lies in checkpoints/, or where EXPLORER_CHECKPOINTS says."
    )


def _formats() -> Iterator[tuple[str, Format]]:
    """Id and format, in the order in which they are asked."""
    for format_id in FORMATS:
        try:
            yield format_id, FORMATS.load(format_id)
        except ImportError:  # an optional library that is not here disables one format
            continue


def _yes(question: Callable[[Header], bool], header: Header) -> bool:
    """A format's answer; one that stumbles over a stranger's shapes or config says no."""
    try:
        return question(header)
    except UNFORESEEN:
        return False


def config_missing(header: Header, *formats: Format) -> str:
    """The sentence for weights that came without their config.json."""
    return (
        f"{header.path.name} looks like {name_formats(formats)}, of which config.json says the rest: config.json of "
        "the same folder is missing. Put it beside the weights under that name; where files are sent, choose both."
    )


def name_formats(formats: Sequence[Format]) -> str:
    """Their titles, each once, with the libraries that they are of: "EnCodec or Mimi of transformers"."""
    of: dict[str, list[str]] = {}
    for format in formats:
        titles = of.setdefault(format.library, [])
        if format.title not in titles:
            titles.append(format.title)
    return " or ".join(" or ".join(titles) + (f" of {library}" if library else "") for library, titles in of.items())


def _unknown(header: Header, tried: Sequence[str], alike: Sequence[Format]) -> str:
    """What is said of a file of no known format."""
    kind = header.config.get("model_type") or header.config.get("_class_name")
    keys = list(header.tensors)
    found = f"{count_of(len(keys), 'tensor')} such as {', '.join(key[:60] for key in keys[:SHOWN])}"
    more = f"; its config says {str(kind)[:60]!r}" if kind else ""
    other = f" Its tensors look like {name_formats(alike)}: is config.json that of another model?" if alike else ""
    ends = " and ".join(dict.fromkeys([*tried[:1], *tried[-1:]]))
    return (
        f"{header.path.name} is of no format that is known here: none of {len(set(tried))}, such as "
        f"{ends}, fits. It holds {found}{more}.{other} A tokenizer of "
        "your own can be brought with --adapter; `python -m explorer open` drafts one from the file."
    )


def _alternatives(header: Header) -> Iterator[Header]:
    """The same file with another of its sets of tensors in front, the largest first."""
    for name in sorted(header.others, key=lambda name: -len(header.others[name]))[:MOST_OTHERS]:
        others = {**header.others, header.wrapper: header.tensors}
        tensors = others.pop(name)
        note = f"Read from its part {name!r}."
        yield replace(header, tensors=tensors, wrapper=name, others=others, notes=(*header.notes, note))


def _described(format_id: str, format: Format, header: Header, weights: str) -> Recognition:
    try:
        header = with_average(header, format.places(header), format.averaged_first, weights)
        spec = format.describe(header)
        wanted = format.places(header)
    except ExplorerError:
        raise
    except UNFORESEEN as error:
        # Shapes and configs are a stranger's: what a format did not foresee is said, and is no bug of the app.
        raise CheckpointError(
            f"This looks like {format.title}, but it cannot be described: {type(error).__name__}: {str(error)[:200]}."
        ) from error
    if header.weights:
        spec = replace(spec, summary=f"{USED[header.weights]} {spec.summary}", weights=header.weights)
    memory = sum(_in_memory(header.tensors[key].dtype) * header.tensors[key].count for key in wanted)
    return Recognition(format_id, format, header, spec, max(memory, 4 * spec.parameters))


def _in_memory(dtype: str) -> int:
    return 4 if "float" in dtype and "complex" not in dtype else ITEM_BYTES[dtype]
