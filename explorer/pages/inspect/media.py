"""Which medium the inspect page shows: samples of the tokenizer's kind, uploads by their content, and progress."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace

from explorer.foundation import stages
from explorer.foundation.errors import MediaError
from explorer.foundation.owners import carried
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.medium import NOUNS, modality_of
from explorer.media.samples import samples_of
from explorer.pages.shared.session import ONE, UPLOADED, Visit, suit
from explorer.pages.shared.thumbnails import is_here, thumbnail_address
from explorer.pages.shared.upload_media import upload_medium
from explorer.tokenizers import list_tokenizers
from explorer.views.kit.widgets import sample_strip

PATIENCE_S, EVERY_S = 0.4, 0.5  # words about progress: after so long, and then so often
_going_on: dict[Hashable, list[str]] = {}  # the stage of each work that has a key
_lock = threading.Lock()


@functools.cache
def thumbnails(modality: str) -> list[dict[str, str]]:
    """The samples of one kind for the strip; one that is not here is left out."""
    there = [one for one in samples_of(modality).values() if is_here(one)]
    addresses = [thumbnail_address("sample", one.id) for one in there]
    return [
        sample_strip.thumbnail_json(one.id, one.title, f"{one.source}, {one.licence}", address)
        for one, address in zip(there, addresses, strict=True)
    ]


def spec_of(tokenizer_id: str) -> TokenizerSpec | None:
    """What is known of a tokenizer before it is loaded; None for an id that nobody has."""
    return next((spec for spec in list_tokenizers() if spec.id == tokenizer_id), None)


def settle(visit: Visit) -> tuple[Visit, str]:
    """The visit with a medium that its tokenizer takes, and what was changed for it, in plain words.

    An upload that the tokenizer does not take brings a tokenizer that does, if there is one; a tokenizer that does not
    take the medium brings back the last medium of its kind, or the first sample. Raises MediaError.
    """
    spec = spec_of(visit.tokenizer)
    if spec is None:
        return visit, ""  # loading it will say what there is
    if visit.picture == UPLOADED and not visit.modality and visit.upload:
        return _with_upload(visit, spec)
    return suit(visit, spec.modality)


def _with_upload(visit: Visit, spec: TokenizerSpec) -> tuple[Visit, str]:
    try:
        upload_medium(str(visit.upload), spec.modality)
        return replace(visit, modality=spec.modality), ""
    except MediaError as error:
        held = _held(str(visit.upload))
        if held in (None, spec.modality):  # nothing that is read here, or of the right kind and wrong in itself
            raise
        if (spec.modality, held) == ("vectors", "series"):  # rows without names are items where items are wanted
            raise
        wrong = error
    other = next((one for one in list_tokenizers() if one.modality == held), None)
    if other is None:
        raise MediaError(
            f"This file is a {ONE[held]}, and no tokenizer here takes {NOUNS[held]}. Bring one, or choose another file."
        ) from wrong
    words = f"This file is a {ONE[held]}, so {other.title} is shown, which takes {NOUNS[held]}."
    return replace(visit, modality=held, tokenizer=other.id).at_rest(), words


def _held(path: str) -> str | None:
    """The modality of a file by its content; None for what nothing here reads."""
    try:
        return modality_of(upload_medium(path, None))
    except MediaError:
        return None


def label_of(spec: TokenizerSpec) -> str:
    """A tokenizer in the list: its title, and what it takes if that is no picture."""
    return spec.title if spec.modality == "image" else f"{spec.title} · {ONE.get(spec.modality, spec.modality)}"


def has_side(spec: TokenizerSpec) -> bool:
    """Whether a longest side can be chosen for it: clips are read at one size."""
    return spec.modality == "image" and not spec.fixed_size


def progress(work: Callable[[], object], what: str, key: Hashable = None) -> Iterator[str]:
    """Run `work` in a thread and yield words while it lasts: what is going on (`stages`) and for how long.

    what: such as "DAC 24 kHz, 74.7 M parameters". key: names the work; whoever begins the same while it is going on
    waits for it (see `Cache`) and is told its stage. Raises what `work` raises. If nobody listens any more the
    thread goes on to its end, so that what it makes can be kept.
    """
    own, failed = ["beginning"], []
    with _lock:
        stage = own if key is None else _going_on.setdefault(key, own)

    def run() -> None:
        try:
            with stages.listening(lambda words: stage.__setitem__(0, words)):
                work()
        except BaseException as error:
            failed.append(error)
        finally:
            with _lock:
                if _going_on.get(key) is own:
                    del _going_on[key]

    thread = threading.Thread(target=carried(run), name="inspect", daemon=True)
    begun = time.monotonic()
    thread.start()
    thread.join(PATIENCE_S)
    while thread.is_alive():
        yield f"{what}: {stage[0]}, {time.monotonic() - begun:.0f} s ..."
        thread.join(EVERY_S)
    if failed:
        raise failed[0]


def size_words(spec: TokenizerSpec) -> str:
    """Title and size, for progress lines."""
    return f"{spec.title}, {spec.parameters / 1e6:,.1f} M parameters"
