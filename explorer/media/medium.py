"""A medium of any kind: a picture, a sound, a clip, a series or a graph, and how it is made to fit a tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.joints.columns import Column
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.caps import check_bytes
from explorer.media.clips.containers import has_video
from explorer.media.clips.even_times import USUAL_RATE
from explorer.media.clips.video import LoadedVideo, fit_video, load_video, webp_bytes
from explorer.media.fitting import Fitting
from explorer.media.graphs.graph import LoadedGraph, is_edge_file, load_graph
from explorer.media.graphs.text import looks_like_edges
from explorer.media.pictures.image import LoadedImage, fit, load_image, png_bytes, scaled_to_cover
from explorer.media.pictures.opening import frame_count, open_picture, read_bytes
from explorer.media.rows.arrays import MAGIC
from explorer.media.rows.items import LoadedItems, fit_items, load_items, names_items
from explorer.media.rows.series import LoadedSeries, fit_series, load_series
from explorer.media.rows.text import looks_like_table
from explorer.media.rows.writing import csv_bytes
from explorer.media.sniffing import kind_of
from explorer.media.sounds.audio import LoadedAudio, fit_audio, load_audio, wav_bytes
from explorer.media.sounds.heard import Heard

DEFAULT_LIMITS = Limits()
Medium = LoadedImage | LoadedAudio | LoadedVideo | LoadedSeries | LoadedItems | LoadedGraph
Modality = Literal["image", "audio", "video", "series", "vectors", "graph"]
NOUNS = {
    "image": "pictures",
    "audio": "sounds",
    "video": "clips",
    "series": "series",
    "vectors": "tables of items",
    "graph": "graphs",
}
_ONE = {
    "image": "a picture",
    "audio": "a sound",
    "video": "a clip",
    "series": "a series of numbers",
    "vectors": "a table of items",
    "graph": "a graph",
}
_LOADERS = {
    "image": load_image,
    "audio": load_audio,
    "video": load_video,
    "series": load_series,
    "vectors": load_items,
    "graph": load_graph,
}
_MODALITIES = {
    LoadedImage: "image",
    LoadedAudio: "audio",
    LoadedVideo: "video",
    LoadedSeries: "series",
    LoadedGraph: "graph",
    LoadedItems: "vectors",
}


def modality_of(medium: Medium) -> Modality:
    """ "image", "audio", "video", "series", "vectors" or "graph"."""
    return _MODALITIES[type(medium)]


def values(medium: Medium) -> np.ndarray:
    """The array that `Tokenizer.tokenize` takes."""
    if isinstance(medium, LoadedImage):
        return medium.pixels
    if isinstance(medium, LoadedSeries | LoadedItems):
        return medium.values.astype(np.float32)
    if isinstance(medium, LoadedGraph):
        return medium.edges
    return medium.samples if isinstance(medium, LoadedAudio) else medium.frames


def load_medium(
    path: Path | str | bytes,
    limits: Limits = DEFAULT_LIMITS,
    wanted: Modality | None = None,
    from_s: float = 0.0,
    heard: Heard | None = None,
) -> Medium:
    """A file, or its bytes, as what it holds; as `wanted` where it can be that. from_s, heard: as of `load_audio`.

    With `wanted` an animation gives its first frame as a picture, and a film its sound. Without it an animation or a
    film is a clip. Raises MediaError with what was wrong and what to do.
    """
    data = read_bytes(path, limits, "media") if isinstance(path, (str, Path)) else bytes(path)
    held = wanted or ("graph" if is_edge_file(path) else _held(data, limits))
    medium = load_audio(data, limits, from_s=from_s, heard=heard) if held == "audio" else _LOADERS[held](data, limits)
    return _of_film(medium, data) if wanted == "audio" else medium


def _of_film(medium: LoadedAudio, data: bytes) -> LoadedAudio:
    """A sound, with a note if it was taken from a film."""
    kind = kind_of(data)
    if kind is None or kind.opener != "ffmpeg" or not has_video(data, kind):
        return medium
    said = "This is a film, of which only the sound is read: choose a tokenizer of clips to see its frames."
    return replace(medium, notes=(*medium.notes, said))


def _held(data: bytes, limits: Limits) -> Modality:
    """The modality of a file by its content. Raises MediaError for what nothing here reads."""
    check_bytes(len(data), limits, "file")
    kind = kind_of(data)
    if kind is None:
        if data[: len(MAGIC)] == MAGIC or looks_like_table(data):
            return _rows_of(data)
        if looks_like_edges(data, 2):  # one line of two words may be anything
            return "graph"
        raise MediaError(
            "This file is no picture, sound, clip or table of numbers, nor a list of edges, that can be read here. "
            "Give PNG, JPEG, WebP or GIF; WAV, FLAC, Ogg, MP3 or M4A; MP4, WebM or AVI; CSV, NPY or TSV."
        )
    if kind.opener == "pillow":
        moves = kind.name in ("GIF", "WebP", "PNG", "AVIF") and frame_count(open_picture(data, limits)) > 1
        return "video" if moves else "image"
    if kind.opener == "soundfile":
        return "audio"
    return "video" if has_video(data, kind) else "audio"


def _rows_of(data: bytes) -> Modality:
    """Rows of numbers go on in time, unless their table names its rows: those are items."""
    return "vectors" if data[: len(MAGIC)] != MAGIC and names_items(data) else "series"


def fit_medium(medium: Medium, spec: TokenizerSpec, fitting: Fitting | int) -> Medium:
    """The medium as `spec` takes it, with notes of all that was done. fitting: of pictures and clips; a number is the
    longest side, where sides are free.

    Raises MediaError for another modality, SettingsError for a crop that the tokenizer cannot take.
    """
    fitting = Fitting(fitting) if isinstance(fitting, int) else fitting
    modality = modality_of(medium)
    if modality != spec.modality:
        takes = NOUNS.get(spec.modality, spec.modality)
        raise MediaError(f"{spec.title} takes {takes}; this is {_ONE[modality]}. Choose another file or tokenizer.")
    if isinstance(medium, LoadedAudio):
        if spec.sample_rate_hz is None:
            raise MediaError(f"{spec.title} does not say its sample rate, so no sound can be made to fit it.")
        return fit_audio(
            medium, spec.sample_rate_hz, spec.channels, spec.media_multiple, spec.shortest, spec.whole_tokens_only
        )
    if isinstance(medium, LoadedVideo):
        return fit_video(
            medium, spec.media_multiple, fitting.side_px, spec.time_step, spec.first_frame_alone,
            tuple(spec.fixed_size), fitting.crop_px, fitting.filter,
        )  # fmt: skip
    if isinstance(medium, LoadedGraph):
        return medium
    if isinstance(medium, LoadedSeries):
        return fit_series(medium, spec.columns, spec.media_multiple)
    if isinstance(medium, LoadedItems):
        return fit_items(medium, spec.channels)
    size = spec.fixed_size or ((fitting.crop_px,) * 2 if fitting.crop_px else ())
    if size:
        return scaled_to_cover(medium, *size, fitting.filter)
    return fit(medium, spec.media_multiple, fitting.side_px, fitting.filter)


def file_bytes(
    array: np.ndarray, modality: Modality, rate: float | None = None, columns: Sequence[Column] = ()
) -> tuple[bytes, str]:
    """What a tokenizer decoded, as the bytes of a file and its suffix: PNG, WAV, animated WebP or CSV.

    rate: samples a second of a sound, frames a second of a clip, rows a second of a series, whose columns tell units.
    """
    if modality == "audio":
        return wav_bytes(array, int(rate or 0)), ".wav"
    if modality == "video":
        return webp_bytes(array, rate or USUAL_RATE), ".webp"
    if modality in ("series", "vectors"):
        return csv_bytes(array, columns, rate), ".csv"
    return png_bytes(array), ".png"


def tokenized(medium: Medium, tokenizer: Tokenizer, fitting: Fitting | int) -> TokenRecord:
    """The record of a medium that is made to fit first, with notes of all that was done. Raises MediaError."""
    fitted = fit_medium(medium, tokenizer.spec, fitting)
    record = tokenizer.tokenize(values(fitted))
    record = replace(record, notes=fitted.notes + record.notes)
    if isinstance(fitted, LoadedSeries):
        return replace(record, sample_rate_hz=fitted.rate_hz, columns=fitted.columns)
    if isinstance(fitted, LoadedGraph):
        return replace(record, names=fitted.names)
    if isinstance(fitted, LoadedItems):
        return replace(record, labels=fitted.labels)
    return replace(record, frames_per_second=fitted.frames_per_second if isinstance(fitted, LoadedVideo) else None)
