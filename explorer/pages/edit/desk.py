"""Desks of the token editor: what is being edited, known to the browser by the token of its page and a number.

A desk holds no choice of its own: the edits come as text with every request. It only remembers what it decoded last,
so that the next stroke need not decode the whole picture again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from explorer.analysis.edit.edits import History, Operation, Transplant
from explorer.analysis.edit.influence import decode
from explorer.analysis.edit.link import edits_from_text
from explorer.analysis.edit.redecode import Redecode, redecode
from explorer.analysis.edit.tokens import Bench, EditedTokens, bench_of, tokens_of
from explorer.analysis.pictures.flat_grids import FlatTokenizer, lay_flat
from explorer.foundation.cache import Cache, share
from explorer.foundation.errors import RecordError
from explorer.foundation.owners import owner
from explorer.foundation.recent import Recent
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer
from explorer.media.pictures.image import to_pil
from explorer.media.samples import Sample, sample_picture, samples_of
from explorer.pages.shared import runtime
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import Visitor, visitors
from explorer.tokenizers import load_tokenizer

DESKS_KEPT = 4  # of one page
_decoded = Cache("edited pictures", share(0.12))
GONE = "This page has been open for longer than the server remembers. Load it again: your edits are kept in its link."


@dataclass(frozen=True)
class Decoding:
    """base: the decode before any edit. text, tokens, picture: of the latest edits."""

    base: np.ndarray
    text: str
    tokens: EditedTokens
    picture: np.ndarray


class Desk:
    """The editing of one visit's tokens. owner: whose visit it is."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.owner, self.lock = visit, owner(), threading.Lock()

    @property
    def _last(self) -> Decoding | None:
        """What it decoded last; None if that was let go, and is to be decoded again."""
        return _decoded.peek((self, "decoded"), self.owner)

    @property
    def record(self) -> TokenRecord:
        return runtime.record_of(self.visit)

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the visit, decoding to pictures from tokens as they are laid on the screen."""
        tokenizer, record = load_tokenizer(self.visit.tokenizer), self.record
        return tokenizer if lay_flat(record).plain else FlatTokenizer(tokenizer, record)

    def medium(self, tokens: EditedTokens) -> np.ndarray:
        """What tokens decode to before it is drawn: a sound (samples, C), a clip, or a picture."""
        return FlatTokenizer(load_tokenizer(self.visit.tokenizer), self.record).medium(tokens.indices, tokens.kept)

    def bench(self, operations: Sequence[Operation] = ()) -> Bench:
        """The codebooks, and the tokens of every second picture that the operations name."""
        names = dict.fromkeys(one.source for one in operations if isinstance(one, Transplant))
        return bench_of(self.record, {name: self.source(name) for name in names})

    def samples(self) -> list[Sample]:
        """The samples that the tokenizer takes."""
        return list(samples_of(self.record.modality).values())

    def _check_sample(self, name: str) -> None:
        ids = [one.id for one in self.samples()]
        if name not in ids:
            raise RecordError(f"There is no sample {name[:40]!r} for this tokenizer. There are: {', '.join(ids)}.")

    def source(self, name: str) -> TokenRecord:
        """A sample through the same tokenizer, at the same longest side. Raises RecordError if it is none."""
        self._check_sample(name)
        return runtime.record_of(replace(self.visit, picture=name, upload=None))

    def same_size(self, name: str) -> TokenRecord:
        """A sample, cut to the shape of the edited medium, through the same tokenizer.

        A picture is cut around its middle; a sound is cut at its end, or begins again; so is a series, and its columns.
        """
        self._check_sample(name)
        if self.record.modality == "audio":
            other = self.source(name).media
            return self.tokenizer.tokenize(np.resize(other, self.record.media.shape))
        if self.record.modality == "vectors":
            other = self.source(name).media
            return self.tokenizer.tokenize(np.ascontiguousarray(other[np.arange(len(self.record.media)) % len(other)]))
        if self.record.modality == "series":
            other, (rows, columns) = self.source(name).media, self.record.media.shape
            alike = other[np.arange(rows) % len(other)][:, np.arange(columns) % other.shape[1]]
            return self.tokenizer.tokenize(np.ascontiguousarray(alike))
        if self.record.modality == "video" or self.tokenizer.spec.fixed_size:
            return self.source(name)
        height, width = self.record.media.shape[:2]
        picture = to_pil(sample_picture(name).load().pixels)
        scale = min(picture.width / width, picture.height / height)
        left, top = (picture.width - scale * width) / 2, (picture.height - scale * height) / 2
        cut = (left, top, left + scale * width, top + scale * height)
        small = picture.resize((width, height), Image.Resampling.LANCZOS, box=cut)
        return self.tokenizer.tokenize(np.asarray(small, np.float32) / 255)

    def tokens(self, text: str) -> EditedTokens:
        """The tokens after the edits of `text`. Raises SettingsError or RecordError that names the edit at fault."""
        last, stem = self._last, text.rpartition("~")[0]
        known = {"": tokens_of(self.record)} | ({} if last is None else {last.text: last.tokens})
        known |= _decoded.peek((self, "stem"), self.owner) or {}
        if text in known:
            return known[text]
        operations = edits_from_text(text)
        bench = self.bench(operations)
        if stem not in known:
            known[stem] = History(operations[:-1]).apply(known[""], bench)
        # A stroke is one word that grows: only it is applied again.
        _decoded.put((self, "stem"), {stem: known[stem]}, self.owner)
        try:
            return operations[-1].apply(known[stem], bench)
        except RecordError:
            return History(operations).apply(known[""], bench)  # says the number of the edit too

    def decode(self, text: str) -> tuple[EditedTokens, np.ndarray, Redecode]:
        """(tokens, the decode before any edit, the decode after those of `text`). Raises ExplorerError."""
        with self.lock:
            first, tokens = tokens_of(self.record), self.tokens(text)
            last = self._last
            if last is None:
                base = decode(self.tokenizer, first)
                last = Decoding(base, "", first, base)
            near = (first, last.base) if not len(tokens.changed(first)) else (last.tokens, last.picture)
            made = redecode(self.tokenizer, *near, tokens)
            _decoded.put((self, "decoded"), Decoding(last.base, text, tokens, made.picture), self.owner)
        return tokens, last.base, made

    def forget(self) -> None:
        """Let the pictures go; they are decoded again when they are asked for."""
        _decoded.drop(self.owner, lambda key: key[0] is self)  # type: ignore[index]


class Desks:
    """A part of a page: its latest desks, since what was asked of one is answered though another picture was chosen."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor, self._last = visitor, 0
        self._desks: Recent[str, Desk] = Recent(DESKS_KEPT)

    def put(self, visit: Visit) -> str:
        """A desk for a visit; its token."""
        with self._visitor.lock:
            self._last += 1
            token = f"{self._visitor.token}.{self._last}"
            over = self._desks.put(token, Desk(visit))
        for desk in over.values():
            desk.forget()
        return token

    def get(self, token: str) -> Desk | None:
        """The desk, which then counts as the newest; None for one that is no longer there."""
        with self._visitor.lock:
            return self._desks.use(token)

    def close(self) -> None:
        with self._visitor.lock:
            gone = self._desks.drop(lambda token, desk: True)
        for desk in gone:
            desk.forget()


def desk_of(token: object) -> Desk | None:
    """The desk of a token, None for a token that is none, or no longer."""
    page = visitors.get(token.rpartition(".")[0]) if isinstance(token, str) else None
    return None if page is None else page.part(Desks).get(str(token))
