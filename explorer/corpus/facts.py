"""What a manifest says of a tokenizer and of the media that it was given, so that another run can tell whether it is
the same, and a person can make it again."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import numpy as np

from explorer.audit.sources import MediaSource
from explorer.foundation.config import settings
from explorer.joints.record import Codebook
from explorer.joints.tokenizer import Tokenizer
from explorer.loading.planning import revisions

WEIGHTS = "model.safetensors"


def tokenizer_facts(tokenizer: Tokenizer) -> dict[str, Any]:
    """revision: the commit of the Hub, or the SHA-256 sum of the weights of a checkpoint of this app."""
    spec = tokenizer.spec
    return {
        "id": spec.id,
        "title": spec.title,
        "weights": spec.weights,
        "revision": revisions.get(spec.id) or _sum_of_weights(tokenizer),
        "modality": spec.modality,
        "quantizer": spec.quantizer,
        "combination": spec.combination,
        "layout": spec.layout,
        "downsampling": spec.downsampling,
        "sample_rate_hz": spec.sample_rate_hz,
        "codebooks": sum_of_codebooks(tokenizer.codebooks()),
    }


def level_facts(codebooks: Iterable[Codebook]) -> list[dict[str, Any]]:
    return [
        {"codebook_size": one.codebook_size, "codebook_dim": one.codebook_dim, "metric": one.metric}
        for one in codebooks
    ]


def source_facts(source: MediaSource) -> dict[str, Any]:
    seen = sha256()
    for name in source.names:
        seen.update(name.encode("utf-8", "surrogatepass") + b"\0")
    return {"title": source.title, "files": len(source), "names": seen.hexdigest()}


def sum_of_codebooks(codebooks: Iterable[Codebook]) -> str:
    """SHA-256 of all code vectors, or of the rules that stand for them."""
    seen = sha256()
    for book in codebooks:
        seen.update(f"{book.codebook_size} {book.codebook_dim} {book.metric}".encode())
        seen.update(repr(book.rule).encode() if book.vectors is None else np.ascontiguousarray(book.vectors))
    return seen.hexdigest()


def _sum_of_weights(tokenizer: Tokenizer) -> str:
    """ "" where its weights are not a checkpoint of this app."""
    path = settings().checkpoints / tokenizer.spec.id / WEIGHTS
    if tokenizer.spec.source != "zoo" or not path.is_file():
        return ""
    with path.open("rb") as file:
        seen = sha256()
        while part := file.read(2**20):
            seen.update(part)
    return f"sha256:{seen.hexdigest()}"
