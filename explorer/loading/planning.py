"""From what a person names to a tokenizer that can be used: `plan`, then `load`.

`plan(text)` reads no weight: it says which format was recognised, how many parameters, how much memory, which licence,
which files would be fetched. `load(plan)` fetches, fills and brings the tokenizer, once for all visitors, or for the
one whose file it is. No torch.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from explorer import tokenizers
from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, ExplorerError
from explorer.foundation.owners import EVERYBODY, acting_for, owner
from explorer.joints.tokenizer import TokenizerSpec
from explorer.loading.folders import partner, weight_files
from explorer.loading.reading import read_header
from explorer.loading.recognition import Recognition, format_of, recognise
from explorer.public.catalogue import known_for
from explorer.public.format import Progress, silent
from explorer.public.header import Header
from explorer.tokenizers.memory import check_room

_log = logging.getLogger(__name__)
_WEIGHTS = re.compile(r"--(averaged|raw)$")  # what a choice of weights adds to an id
SAMPLED_BYTES = 2**16  # of the beginning, the middle and the end of a file, for its name
_REPOSITORY = re.compile(
    r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?P<inside>(?:/[A-Za-z0-9][\w.-]*)*)(?:@(?P<revision>[\w./-]+))?"
)


@dataclass(frozen=True)
class Reference:
    """kind "hub": `name` is owner/name, `inside` a folder or file of it, `revision` a branch, tag or commit ("" for the
    main one). kind "file": `name` is the path of a file or folder on this machine. kind "library": `name` is a library
    of this machine and what is asked of it, such as "codec2:700C". weights: "averaged" or "raw" where it may hold both;
    "" for those that are mostly used."""

    kind: Literal["hub", "file", "library"]
    name: str
    inside: str = ""
    revision: str = ""
    weights: str = ""

    @property
    def words(self) -> str:
        """As a person would write it."""
        path = f"{self.name}/{self.inside}" if self.inside else self.name
        return f"{path}@{self.revision}" if self.revision else path


@dataclass(frozen=True)
class RemoteFile:
    """A file of a Hub repository: its path there, its size, and whether the cache has it already."""

    name: str
    size_bytes: int
    cached: bool = False


@dataclass(frozen=True)
class Plan:
    """What is known before any weight is read.

    spec and header are None only where the one file is a pickle on the Hub that was not fetched yet; then
    `format_title` and `parameters` are what the list of known tokenizers says. revision: the commit that the source
    stands for. memory_bytes: of the weights as they will lie in memory. files: what is read; `download_bytes` is still
    to fetch. folder: where they lie. notes: what a person should know, in plain words: parts left unread, code that is
    never run, where facts are from.
    """

    source: Reference
    id: str
    title: str
    format_id: str
    format_title: str
    modality: str
    licence: str
    spec: TokenizerSpec | None = None
    header: Header | None = None
    parameters: int | None = None
    memory_bytes: int | None = None
    revision: str = ""
    files: tuple[RemoteFile, ...] = ()
    folder: Path | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def download_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files if not file.cached)

    @property
    def weights_words(self) -> str:
        """Which of two sets of weights is used, such as "averaged; raw ones are there, too"; "" where there is one."""
        return "" if self.header is None else _weights_words(self.header)

    @property
    def complete(self) -> bool:
        """Whether everything is on this machine and was looked at."""
        return self.spec is not None and not any(not file.cached for file in self.files)


def parse_source(text: str) -> Reference:
    """What a person typed: `owner/name`, `owner/name@revision`, `owner/name/part@revision`, or a path that exists.

    "hub:" and "file:" in front say which is meant; "codec2:" in front of a mode is the library of that name. Raises
    CheckpointError for none of these.
    """
    text = text.strip()
    kind, colon, rest = text.partition(":")
    if (library := library_source(rest if colon and kind in ("hub", "file") else text)) is not None:
        return library
    if colon and kind in ("hub", "file"):
        return hub_source(rest) if kind == "hub" else Reference("file", rest)
    if text and Path(text).expanduser().exists():
        return Reference("file", str(Path(text).expanduser()))
    return hub_source(text.removeprefix("https://huggingface.co/"))


def library_source(text: str) -> Reference | None:
    """`codec2:700C`: a codec of a library of this machine; None for what names no library."""
    library, colon, mode = text.strip().partition(":")
    return Reference("library", f"{library.lower()}:{mode.strip()}") if colon and library.lower() == "codec2" else None


def hub_source(text: str) -> Reference:
    """`owner/name[/part][@revision]` of the Hub; a path of this machine is never looked at. Raises CheckpointError."""
    match = _REPOSITORY.fullmatch(text.strip())
    if match is None or ".." in text or "//" in text:
        raise CheckpointError(f"{text[:80]!r} is neither a file here nor a Hub repository such as owner/name@revision.")
    return Reference("hub", match["repo"], match["inside"].strip("/"), match["revision"] or "")


def plan(source: str | Reference, weights: str = "") -> Plan:
    """The plan for what a person named. For the Hub this asks the network for facts, not for weights.

    weights: as of `Reference`. Raises CheckpointError in plain words: no such file or repository, no known format,
    over a limit, or only one set of weights where another was asked for.
    """
    source = parse_source(source) if isinstance(source, str) else source
    source = replace(source, weights=weights or source.weights)
    if source.kind == "file":
        return plan_file(Path(source.name), weights=source.weights)
    if source.kind == "library":
        library, _, mode = source.name.partition(":")
        header = Header(Path(source.name), "library", {}, scalars={"library": library, "mode": mode})
        known = known_for(source.name)
        licence = known.licence if known else "not stated"
        return plan_of_header(source, header, f"library--{slug(source.name)}", source.name, licence)
    from explorer.loading.hub import plan_hub  # the Hub's client, for which files of this machine need not wait

    return _beside_older(plan_hub(source))


def _beside_older(plan: Plan) -> Plan:
    """The plan under an id of its own where another commit of the same repository goes by the id already.

    Whoever works with that one keeps it, and nothing that was made of it is taken for the other's.
    """
    here = revisions.get(plan.id)
    if here is None or here == plan.revision or not tokenizers.is_brought(plan.id):
        return plan
    name = f"{plan.id}--{plan.revision[:8]}"
    spec = None if plan.spec is None else replace(plan.spec, id=name)
    note = (
        f"The repository has changed since commit {here[:8]} was loaded here. This is commit {plan.revision[:8]}; it "
        "will stand beside that one."
    )
    return replace(plan, id=name, spec=spec, notes=(*plan.notes, note))


def plan_file(path: Path, title: str = "", weights: str = "") -> Plan:
    """The plan for a file or folder of this machine, such as an upload. title: shown instead of its name. weights: as
    of `Reference`."""
    path = Path(path)
    header = read_header(path)
    name = title or path.name
    return plan_of_header(
        Reference("file", str(path), weights=weights), header, file_id(path, name), name, "not stated"
    )


def _weights_words(header: Header) -> str:
    return f"{header.weights}; {header.beside} ones are there, too" if header.beside else ""


def plan_of_header(source: Reference, header: Header, slug: str, title: str, licence: str) -> Plan:
    """The plan that a header gives. slug: its id, to which a choice of weights adds. Raises CheckpointError for an
    unknown format."""
    found: Recognition = recognise(header, source.weights)
    chosen = found.header
    of = f"{found.format.title}, {chosen.weights} weights" if chosen.weights else found.format.title
    slug = _WEIGHTS.sub("", slug) + (f"--{chosen.weights}" if chosen.weights != chosen.first else "")
    spec = replace(
        found.spec, id=slug, title=f"{title} ({of})", licence=licence,
        source=source.kind, memory_bytes=found.memory_bytes,
        weights=_weights_words(chosen) or "the only set that there is",
    )  # fmt: skip
    return Plan(
        source, slug, spec.title, found.format_id, found.format.title, spec.modality, licence, spec, found.header,
        spec.parameters, found.memory_bytes, notes=found.header.notes,
    )  # fmt: skip


def fetch(plan: Plan, progress: Progress = silent) -> Plan:
    """The same plan with all its files on this machine and looked at. Raises CheckpointError, Cancelled."""
    if plan.source.kind != "hub" or plan.complete:
        return plan
    from explorer.loading.hub import fetch as fetch_from_hub  # the Hub's client, as in `plan`

    return fetch_from_hub(plan, progress)


def load(plan: Plan, device: str | None = None, progress: Progress = silent, of: str = EVERYBODY) -> TokenizerSpec:
    """Fetch what is missing, fill the model, and let its id name a tokenizer from now on: one copy for all visitors.

    Afterwards `explorer.tokenizers.load_tokenizer(spec.id)` gives it. progress(share, words) raises Cancelled to stop,
    between files and between tensors. of: the visitor who alone shall have it. `warnings` of the spec say what was seen
    to be wrong. Raises CheckpointError, Cancelled; then nothing is left behind.
    """
    share = 0.6 if plan.download_bytes else 0.0  # of the bar, for the network

    def filling(done: float, words: str) -> None:
        progress(share + (1 - share) * done, words)

    progress(0.0, "looking at the files")
    plan = fetch(plan, lambda done, words: progress(share * done, words))
    _check_fits(plan, device)
    make, one = _maker(plan), threading.current_thread()

    def first(where: str) -> object:
        # Another visitor may ask for it meanwhile: only the one who began it is shown its progress.
        return make(where, filling if threading.current_thread() is one else silent)

    with _loading(plan.spec, first, of), acting_for(of or owner()):
        warnings = tokenizers.load_tokenizer(plan.id, device).spec.warnings
    spec = replace(plan.spec, warnings=warnings)
    tokenizers.bring(spec, make, of)  # what reloads it later shows no progress
    if plan.revision:
        revisions[plan.id] = plan.revision
    progress(1.0, "ready")
    return spec


revisions: dict[str, str] = {}  # id of a tokenizer of the Hub -> the commit that was loaded under it
_busy: Counter[tuple[str, str]] = Counter()  # (owner, id) -> visitors who load it now
_unproven: set[tuple[str, str]] = set()  # of those that were brought by a load that has not ended well yet
_lock = threading.Lock()


@contextmanager
def _loading(spec: TokenizerSpec, make: Callable[[str], object], of: str) -> Iterator[None]:
    """Let the id be known while it is loaded; if all who load it fail or stop, it is forgotten again."""
    key = (of, spec.id)
    with _lock:
        if not tokenizers.is_brought(spec.id, of):
            tokenizers.bring(spec, make, of)
            _unproven.add(key)
        _busy[key] += 1
    try:
        yield
        _unproven.discard(key)
    finally:
        with _lock:
            _busy[key] -= 1
            if not _busy[key]:
                del _busy[key]
                if key in _unproven:
                    _unproven.discard(key)
                    tokenizers.forget(spec.id, of)


def _maker(plan: Plan) -> Callable[..., object]:
    """make(device, progress) -> Tokenizer, from the files that were planned; torch is imported when it is called."""

    def make(device: str, progress: Progress = silent) -> object:
        from explorer.loading.fill import fill  # torch
        from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer  # torch

        try:
            return AdaptedTokenizer(fill(format_of(plan.format_id), plan.header, progress), plan.spec, device)
        except (ExplorerError, ImportError):
            raise
        except Exception as error:  # torch says RuntimeError for memory that is not there, and for shapes alike
            if isinstance(error, MemoryError) or "memory" in str(error).lower():
                raise CheckpointError(f"There is not enough memory to load {plan.title}.") from error
            _log.warning("a file that could not be loaded: %s", plan.source.words, exc_info=error)
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(
                f"This looks like {plan.format_title}, but no model can be made of it: {type(error).__name__}: {reason}"
            ) from error

    return make


def _check_fits(plan: Plan, device: str | None) -> None:
    if tokenizers.is_loaded(plan.id, device):
        return
    check_room(plan.title, plan.memory_bytes or 0, settings().limits, tokenizers.loaded_bytes())


def file_id(path: Path, name: str) -> str:
    """A name for a file that its content gives: `file--<name>-<8 hex digits>`, the same wherever the file lies."""
    digest = hashlib.sha256()
    files = weight_files(path) if path.is_dir() else partner(path)
    for part in files:
        size = part.stat().st_size
        digest.update(f"{part.name if len(files) > 1 else ''}:{size};".encode())
        with part.open("rb") as file:
            for start in (0, max(0, size // 2), max(0, size - SAMPLED_BYTES)):
                file.seek(start)
                digest.update(file.read(SAMPLED_BYTES))
    stem = name if path.is_dir() else Path(name).stem
    return f"file--{slug(stem) or 'checkpoint'}-{digest.hexdigest()[:8]}"


def slug(text: str) -> str:
    """Lower case letters, digits, dots, dashes and underscores; at most 60 of them."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:60]
