"""Settings: paths, device and limits, decided once when the process starts and never changed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from explorer.foundation.errors import SettingsError

FIGURE_SIDE_PX = 256  # longest side of pictures at which pages and commands measure first, as the cards were
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """Caps on what one visitor may send or ask for. Units are in the names."""

    upload_bytes: int = 64 * 2**20
    image_pixels: int = 40_000_000  # as they are decoded; photos of more are read at half or a quarter of it
    image_side_px: int = 1024  # longest side shown to a tokenizer; larger pictures are scaled down
    audio_seconds: float = 30.0  # the rest of a longer sound is left out, and a note says so
    video_frames: int = 65  # likewise of a longer clip; 1 + 64, which suits steps of 2, 4, 8 and 16 frames a token
    video_side_px: int = 256  # longest side of a clip as it is kept; larger frames are scaled down
    item_values: int = 4_000_000  # numbers of a table of items; the items after them are left out
    series_values: int = 65_536  # numbers of a series; the rows after them are left out, and a note says so
    graph_edges: int = 250_000  # of a graph; the edges after them are left out, and a note says so
    checkpoint_bytes: int = 2 * 2**30
    codebook_map_codes: int = 16_384  # codes drawn on a map; a larger codebook is sampled, and the view says so
    kept_bytes: int = 640 * 2**20  # of results that all pages together keep, so that a click need not wait again
    lab_visitors: int = 8  # runs of the training lab at a time
    audit_upload_bytes: int = 256 * 2**20  # all files of one upload for an audit together
    audits_at_once: int = 2  # in this process; the next ones wait
    compare_media: int = 50  # pictures of one comparison
    # Files of others: what may be looked at, and what all their weights may take in memory together.
    checkpoint_upload_bytes: int = (
        2**30
    )  # of a file that a visitor sends, of whatever kind; kinds have caps of their own
    uploads_kept_bytes: int = 8 * 2**30  # of uploaded tokenizers, while the server runs
    checkpoint_file_bytes: int = 20 * 2**30  # all files of one tokenizer
    checkpoint_tensors: int = 50_000
    pickle_bytes: int = 64 * 2**20  # the part of a file that lists what it holds
    pickle_opcodes: int = 5_000_000
    archive_entries: int = 50_000
    tokenizer_bytes: int = 6 * 2**30  # at most; and at most half of the machine's memory


# What whoever starts the app may raise or lower, by the word for it.
RAISED = {
    "pixels": ("image_pixels",),
    "seconds": ("audio_seconds",),
    "frames": ("video_frames",),
    "bytes": ("upload_bytes",),
    "values": ("series_values",),
    "edges": ("graph_edges",),
    "items": ("item_values",),
}
_AT_LEAST_A_FILE = ("audit_upload_bytes", "checkpoint_upload_bytes")  # caps that one file must fit in
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def limits_of(text: str) -> Limits:
    """ "pixels=120M,seconds=60" -> the limits with these changed; K, M, G, KiB, MiB and GiB are understood.

    Raises SettingsError that names what is possible.
    """
    changed: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = (one.strip() for one in part.partition("="))
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) *([A-Za-z]*)", value)
        unit = _UNITS.get(found[2].upper()) if found else None
        if name not in RAISED or found is None or unit is None or float(found[1]) <= 0:
            raise SettingsError(
                f"--limit {part[:60]!r} is not understood. Give NAME=NUMBER with NAME one of {', '.join(RAISED)}, such "
                "as pixels=120M, seconds=90, frames=97 or bytes=256MiB."
            )
        number = float(found[1]) * unit
        changed |= {field_name: number if name == "seconds" else max(1, round(number)) for field_name in RAISED[name]}
    raised = replace(Limits(), **changed)
    room = {name: max(getattr(raised, name), raised.upload_bytes) for name in _AT_LEAST_A_FILE}
    return replace(raised, **room)


@dataclass(frozen=True)
class Settings:
    """Everything the process needs to know about where it runs."""

    checkpoints: Path = REPOSITORY / "checkpoints"
    assets: Path = REPOSITORY / "assets"
    cache: Path = field(default_factory=lambda: default_cache())
    device: str = "auto"
    limits: Limits = field(default_factory=Limits)
    hub_offline: bool = False  # never ask the Hub, only its cache on this machine
    hub_login: bool = False  # use the Hub login of who started the server, so that visitors can load what it may


def default_cache() -> Path:
    """Folder for recomputable results (UMAP layouts): $EXPLORER_CACHE or the user's cache folder."""
    if "EXPLORER_CACHE" in os.environ:
        return Path(os.environ["EXPLORER_CACHE"])
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "discrete-tokenizer-explorer"


def shipped_maps() -> Path:
    """Folder of the layouts that ship with the tokenizers (see `analysis/codebook/shipped_maps.py`)."""
    return settings().assets / "maps"


@cache
def settings() -> Settings:
    """The settings of this process; EXPLORER_DEVICE, EXPLORER_CHECKPOINTS, EXPLORER_LIMITS, EXPLORER_HUB_OFFLINE and
    EXPLORER_HUB_LOGIN override the defaults. Raises SettingsError for limits that are not understood."""
    return Settings(
        limits=limits_of(os.environ.get("EXPLORER_LIMITS", "")),
        checkpoints=Path(os.environ.get("EXPLORER_CHECKPOINTS", Settings.checkpoints)),
        device=os.environ.get("EXPLORER_DEVICE", "auto"),
        hub_offline=_yes("EXPLORER_HUB_OFFLINE") or _yes("HF_HUB_OFFLINE"),
        hub_login=_yes("EXPLORER_HUB_LOGIN"),
    )


def _yes(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")
