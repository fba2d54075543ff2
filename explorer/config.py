"""Settings: paths, device and limits, decided once when the process starts and never changed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Limits:
    """Caps on what one visitor may send or ask for. Units are in the names."""

    upload_bytes: int = 64 * 2**20
    image_pixels: int = 40_000_000  # decoded, before resizing
    image_side_px: int = 1024  # longest side shown to a tokenizer; larger pictures are scaled down
    image_frames: int = 1  # of an animated picture only the first frame is read
    checkpoint_bytes: int = 2 * 2**30
    codebook_map_codes: int = 16_384  # codes drawn on a map; a larger codebook is sampled, and the view says so
    records_cached: int = 16
    lab_visitors: int = 8  # runs of the training lab at a time
    audit_upload_bytes: int = 256 * 2**20  # all files of one upload for an audit together
    audits_at_once: int = 2  # in this process; the next ones wait
    compare_media: int = 50  # pictures of one comparison


@dataclass(frozen=True)
class Settings:
    """Everything the process needs to know about where it runs."""

    checkpoints: Path = REPOSITORY / "checkpoints"
    assets: Path = REPOSITORY / "assets"
    cache: Path = field(default_factory=lambda: default_cache())
    device: str = "auto"
    limits: Limits = field(default_factory=Limits)


def default_cache() -> Path:
    """Folder for recomputable results (UMAP layouts): $EXPLORER_CACHE or the user's cache folder."""
    if "EXPLORER_CACHE" in os.environ:
        return Path(os.environ["EXPLORER_CACHE"])
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "discrete-tokenizer-explorer"


@cache
def settings() -> Settings:
    """The settings of this process; EXPLORER_DEVICE and EXPLORER_CHECKPOINTS override the defaults."""
    return Settings(
        checkpoints=Path(os.environ.get("EXPLORER_CHECKPOINTS", Settings.checkpoints)),
        device=os.environ.get("EXPLORER_DEVICE", "auto"),
    )
