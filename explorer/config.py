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
    audio_seconds: float = 30.0  # the rest of a longer sound is left out, and a note says so
    video_frames: int = 49  # likewise of a longer clip; 1 + 48, which suits steps of 2, 4 and 8 frames a token
    video_side_px: int = 256  # longest side of a clip as it is kept; larger frames are scaled down
    checkpoint_bytes: int = 2 * 2**30
    codebook_map_codes: int = 16_384  # codes drawn on a map; a larger codebook is sampled, and the view says so
    records_cached: int = 16
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


@cache
def settings() -> Settings:
    """The settings of this process; EXPLORER_DEVICE, EXPLORER_CHECKPOINTS, EXPLORER_HUB_OFFLINE and EXPLORER_HUB_LOGIN
    override the defaults."""
    return Settings(
        checkpoints=Path(os.environ.get("EXPLORER_CHECKPOINTS", Settings.checkpoints)),
        device=os.environ.get("EXPLORER_DEVICE", "auto"),
        hub_offline=_yes("EXPLORER_HUB_OFFLINE") or _yes("HF_HUB_OFFLINE"),
        hub_login=_yes("EXPLORER_HUB_LOGIN"),
    )


def _yes(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")
