"""What a researcher asks in a notebook, without a page: `load`, `tokenize`, `audit`, `diagnose`, `geometry`, and the
figures.

The same functions and numbers as the pages and the command line have; nothing here draws or trains. What needs torch
is imported by the function that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

import explorer.figures as figures
from explorer.analysis.codebook.diagnosis import diagnose as findings
from explorer.analysis.codebook.findings import Finding
from explorer.analysis.codebook.geometry import Geometry, geometry_of
from explorer.foundation.config import settings
from explorer.foundation.errors import MediaError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.record import Codebook, TokenRecord
from explorer.joints.tokenizer import Tokenizer
from explorer.media.clips.video import LoadedVideo
from explorer.media.graphs.graph import LoadedGraph, number_graph
from explorer.media.medium import Medium, Modality, load_medium, tokenized
from explorer.media.pictures.image import LoadedImage
from explorer.media.rows.items import LoadedItems, load_items
from explorer.media.rows.series import LoadedSeries, load_series
from explorer.media.samples import SAMPLE_PREFIX, sample
from explorer.media.sounds.audio import LoadedAudio

if TYPE_CHECKING:
    from explorer.audit.run import Progress
    from explorer.audit.sources import MediaSource

__all__ = ["audit", "diagnose", "figures", "geometry", "load", "tokenize"]

# A path, "sample:ID", the bytes of a file, a picture as (H, W, 3) floats in 0..1 or uint8, or what a reader returned.
GivenMedium: TypeAlias = str | Path | bytes | np.ndarray | Medium


def load(source: str | Path, device: str | None = None, weights: str = "") -> Tokenizer:
    """A tokenizer by its id (`python -m explorer list`), from a file or folder, or from the Hub.

    source: "fsq", "last.ckpt", "facebook/encodec_24khz", with `@revision` if you like; "hub:" or "file:" in front say
    which is meant. Files become arrays and never code. device: "cpu", "cuda", ...; None: as the settings say.
    weights: "averaged" or "raw", of a file that holds both.
    Raises UnknownIdError with the valid ids, CheckpointError for files and repositories that cannot be used.
    """
    from explorer.loading.planning import load as bring
    from explorer.loading.planning import plan
    from explorer.tokenizers import list_tokenizers, load_tokenizer

    text = str(source).strip()
    named = text in {spec.id for spec in list_tokenizers()}
    elsewhere = "/" in text or text.startswith(("hub:", "file:")) or Path(text).expanduser().exists()
    if not named and elsewhere:
        text = bring(plan(text, weights), device).id
    return load_tokenizer(text, device=device)


def tokenize(tokenizer: Tokenizer | str, medium: GivenMedium, side_px: int | None = None) -> TokenRecord:
    """The tokens of one medium, with its latents, codes and decode; `record.notes` say what was done to it first.

    tokenizer: what `load` gives, or what it takes. side_px: larger pictures are scaled down to it; None: as the
    settings say. Raises MediaError for a medium that the tokenizer does not take.
    """
    tokenizer = _loaded(tokenizer)
    limits = settings().limits
    return tokenized(_medium(medium, tokenizer.spec.modality), tokenizer, side_px or limits.image_side_px)


def audit(
    tokenizer: Tokenizer | str | None = None,
    media: str | Path | Sequence[GivenMedium] | None = None,
    *,
    indices: str | Path | Sequence[str | Path] | np.ndarray | None = None,
    codebook_size: int | Sequence[int] | None = None,
    title: str | None = None,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> Audit:
    """A whole codebook counted over a data set: of a tokenizer over media, or of indices alone.

    media: a folder, a zip or a file, "sample:all", "sample:ID", or a list of media. indices: integers, as an array
    (N,) or (media, tokens), or files of them (a file, folder, glob or address, or several), with codebook_size codes
    (one size a level). progress: called as it goes on.
    Raises SettingsError unless either a tokenizer and media or indices and codebook_size are given; else as
    `run_audit` and `audit_indices` do.
    """
    if indices is not None:
        if tokenizer is not None or media is not None:
            raise SettingsError("Give either a tokenizer and media, or indices with codebook_size.")
        return _of_indices(indices, codebook_size, progress)
    if tokenizer is None or media is None:
        raise SettingsError("An audit needs a tokenizer and media, or indices with codebook_size.")
    from explorer.audit.run import run_audit

    loaded = _loaded(tokenizer)
    source = _source(media, loaded.spec.modality)
    return run_audit(loaded, source, title=title or source.title, seed=seed, progress=progress)


def geometry(audit: Audit, codebooks: Tokenizer | Codebook | Sequence[Codebook], level: int = 0) -> Geometry:
    """Norms, distances, singular values and cosines of one level (from 0), for `figures.norms` and its sisters.

    codebooks: the tokenizer of the audit, its codebooks, or the one of this level. Raises RecordError if they do not
    belong together.
    """
    books = codebooks.codebooks() if isinstance(codebooks, Tokenizer) else codebooks
    if isinstance(books, Codebook):
        return geometry_of(audit, level, books)
    return geometry_of(audit, level, books[level] if 0 <= level < len(books) else None)


def diagnose(audit: Audit, codebooks: Tokenizer | Sequence[Codebook] | None = None) -> tuple[Finding, ...]:
    """What is wrong with a codebook, and what is not, in words: the worst first.

    codebooks: the tokenizer of the audit, or its codebooks; without them only what counts tell is said. Raises
    RecordError if no token was counted.
    """
    books = codebooks.codebooks() if isinstance(codebooks, Tokenizer) else codebooks
    return findings(audit, books or [None] * len(audit.levels))


def _loaded(tokenizer: Tokenizer | str) -> Tokenizer:
    return tokenizer if isinstance(tokenizer, Tokenizer) else load(tokenizer)


def _medium(given: GivenMedium, modality: Modality) -> Medium:
    if isinstance(given, LoadedImage | LoadedAudio | LoadedVideo | LoadedSeries | LoadedItems | LoadedGraph):
        return given
    if isinstance(given, np.ndarray):
        rows = {"series": load_series, "vectors": load_items, "graph": number_graph}.get(modality)
        return _picture(given) if rows is None else rows(given, settings().limits)
    if isinstance(given, str) and given.startswith(SAMPLE_PREFIX):
        return sample(given.removeprefix(SAMPLE_PREFIX)).load()
    return load_medium(given, settings().limits, modality)


def _picture(pixels: np.ndarray) -> LoadedImage:
    """Raises MediaError for arrays whose range or shape could mean something else."""
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise MediaError(
            f"An array is taken as a picture (height, width, 3), this one has shape {pixels.shape}. Give sounds and "
            "clips as files, or as LoadedAudio and LoadedVideo."
        )
    if pixels.dtype == np.uint8:
        return LoadedImage(pixels.astype(np.float32) / 255)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise MediaError(f"A picture is uint8 or floats from 0 to 1, not {pixels.dtype}.")
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= 1):  # NaN, too
        raise MediaError(f"A picture of floats lies from 0 to 1; this one goes from {low:g} to {high:g}.")
    return LoadedImage(pixels.astype(np.float32))


def _source(media: str | Path | Sequence[GivenMedium], modality: Modality) -> MediaSource:
    from explorer.audit.sources import MediaSource, source_named

    if isinstance(media, str | Path):
        return source_named(media, modality, settings().limits)
    if not len(media):
        raise MediaError("No medium was given.")
    names = tuple(
        Path(one).name if isinstance(one, str | Path) else f"medium {number}" for number, one in enumerate(media)
    )
    return MediaSource(f"{len(media):,} media", names, lambda number, wanted: _medium(media[number], wanted))


def _of_indices(
    indices: str | Path | Sequence[str | Path] | np.ndarray,
    codebook_size: int | Sequence[int] | None,
    progress: Callable[[Progress], None] | None,
) -> Audit:
    from explorer.audit.indices.run import audit_indices

    if not isinstance(indices, np.ndarray):
        return audit_indices(indices, codebook_size, progress=progress)
    with TemporaryDirectory() as folder:  # one reader for arrays and files, so that both mean the same
        path = Path(folder) / "indices.npy"
        np.save(path, indices, allow_pickle=False)
        return audit_indices(path, codebook_size, progress=progress)
