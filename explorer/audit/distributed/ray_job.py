"""An audit on Ray Data: files are read and decoded by CPU workers, encoded and counted by actors, on GPUs where there
are any, and joined here in the order of the files.

A unit of whole blocks goes through the workers at once; Ray gives the unit of one that dies to another. What is joined
is written to the same state as that of a run in one process, which either of them goes on from.
"""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.audit.batches import BatchMedium, block_length, encode_together, stretch_size, stretches
from explorer.audit.run import (
    STATE_EVERY_S,
    Progress,
    count_stretch,
    progress_of,
    read_medium,
    refuse_nothing,
    restore_state,
    subject_to_audit,
)
from explorer.audit.sources import MediaSource
from explorer.audit.standing import Span, Standing, Subject, audit_of, names_sum, read_state, revision_of, save_state
from explorer.audit.standing import write_state as state_bytes
from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import ExplorerError, RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.fitting import Fitting

UNIT_FILES = 256  # of one unit at most, but for a block that is larger
UNIT_BYTES = 2**29  # of a unit of pictures that all have the longest side
GPU = "GPU"
REACH_S = 10.0


@dataclass(frozen=True)
class Workshop:
    """What each worker is sent. load, open_media: make the tokenizer and list the media, there. unit: files of one."""

    load: Callable[[], Tokenizer]
    open_media: Callable[[], MediaSource]
    spec: TokenizerSpec
    subject: Subject
    unit: int


def shop_for(
    tokenizer: Tokenizer,
    source: MediaSource,
    *,
    seed: int,
    fitting: Fitting | int | None,
    load: Callable[[], Tokenizer],
    open_media: Callable[[], MediaSource],
) -> Workshop:
    """What the workers of an audit need, as `run_audit` would make it here. Raises SettingsError as it does."""
    subject = subject_to_audit(tokenizer, source, seed, fitting)
    return Workshop(load, open_media, tokenizer.spec, subject, unit_length(subject))


def unit_length(subject: Subject) -> int:
    """Files of a unit: whole blocks, as many as have room."""
    block = block_length(subject.planned, subject.modality)
    side = subject.fitting.crop_px or subject.fitting.side_px
    files = min(UNIT_FILES, UNIT_BYTES // (side**2 * 12)) if subject.modality == "image" else block
    return max(1, files // block) * block


class Decoder:
    """A worker that reads the files of a unit."""

    def __init__(self, shop: Workshop) -> None:
        self._shop, self._source = shop, shop.open_media()
        if names_sum(self._source) != shop.subject.media:
            raise RecordError("A worker sees other media than were planned: give a folder that all machines see.")

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        fitting, spec = self._shop.subject.fitting, self._shop.spec
        numbers = range(int(row["first"]), int(row["stop"]))
        media = [(self._source.names[n], read_medium(self._source, n, spec, fitting)) for n in numbers]
        return {**row, "media": pack(media)}


class Encoder:
    """An actor that encodes and counts the media of a unit."""

    def __init__(self, shop: Workshop) -> None:
        self._shop, self._tokenizer = shop, shop.load()
        if revision_of(self._tokenizer) != shop.subject.revision:
            raise RecordError("A worker has another revision of the tokenizer: give one that is the same everywhere.")

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        began, first, stop = time.perf_counter(), int(row["first"]), int(row["stop"])
        media = unpack(row["media"])
        subject = self._shop.subject
        standing = count_media(self._tokenizer, media, subject, first)
        data = state_bytes(standing, subject, Span(first, stop), time.perf_counter() - began, "")
        return {"first": first, "stop": stop, "state": zlib.compress(data, 1)}


def pack(media: list[tuple[str, BatchMedium | str]]) -> bytes:
    """Media that were read, or why not, as an .npz; `unpack` gives them back."""
    said = [(name, one if isinstance(one, str) else list(one.notes)) for name, one in media]
    arrays = {str(n): one.values for n, (_, one) in enumerate(media) if not isinstance(one, str)}
    buffer = io.BytesIO()
    np.savez(buffer, said=np.array(json.dumps(said)), **arrays)
    return buffer.getvalue()


def unpack(data: bytes) -> list[tuple[str, BatchMedium | str]]:
    """See `pack`."""
    with open_arrays(io.BytesIO(data), "a batch of media", "A batch of media of a rank cannot be read.") as arrays:
        said = json.loads(str(arrays["said"]))
        return [
            (name, words if isinstance(words, str) else BatchMedium(arrays[str(n)], tuple(words)))
            for n, (name, words) in enumerate(said)
        ]


def count_media(
    tokenizer: Tokenizer, media: list[tuple[str, BatchMedium | str]], subject: Subject, first: int
) -> Standing:
    """What stands of files that were read already, from number `first` on."""
    standing = Standing(subject.accumulator(), position=first)
    block = block_length(subject.planned, subject.modality)
    for stretch in stretches(iter(media), first, stretch_size(tokenizer.device), block):
        count_stretch(tokenizer, stretch, encode_together(tokenizer, stretch.media)[0], standing)
    if standing.tried.first is not None:
        standing.tried.again(tokenizer, dict(media)[standing.tried.first].values)
    return standing


def audit_on_ray(
    shop: Workshop,
    device: str,
    *,
    title: str,
    state: Path,
    address: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Audit:
    """The audit of one process, to the bit, on the Ray of `address`, or on one that is started here.

    device: of the tokenizer, which says whether encoders take GPUs. state, progress, cancelled: as of `run_audit`.
    Raises SettingsError if Ray is not installed or cannot be reached, ExplorerError if workers fail for good, and as
    `run_audit`.
    """
    ray = connect_ray(address)
    subject, span = shop.subject, Span(0, shop.subject.planned)
    standing = restore_state(state, subject, span) if state.exists() else Standing(subject.accumulator())
    begun, start, saved_at = standing.position, time.perf_counter(), time.monotonic()
    try:
        for row in _units(ray, shop, device, begun):
            if cancelled is not None and cancelled():
                break
            standing.join(read_state(io.BytesIO(zlib.decompress(row["state"])))[1])
            if progress is not None:
                at = progress_of(standing, span, begun, time.perf_counter() - start)
                progress(replace(at, seconds=time.perf_counter() - start))
            if time.monotonic() - saved_at > STATE_EVERY_S:
                save_state(state, standing, subject, span, standing.seconds, title)
                saved_at = time.monotonic()
    except ray.exceptions.RayError as error:
        save_state(state, standing, subject, span, standing.seconds, title)
        raise ExplorerError(
            f"Ray stopped after {standing.position:,} of {subject.planned:,} files: {last_line(error)}. The same "
            "command with --resume goes on from there."
        ) from error
    complete = standing.position == subject.planned
    refuse_nothing(standing, subject, complete)
    if not complete:
        save_state(state, standing, subject, span, standing.seconds, title)
    return audit_of(standing, subject, title, standing.seconds)


def connect_ray(address: str | None):
    """The ray module, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # optional, and it takes seconds
        import ray.data
    except ImportError as error:
        raise SettingsError('--ray needs Ray Data: pip install "ray[data]".') from error
    _reach(address)
    if not ray.is_initialized():
        local = {} if address else {"include_dashboard": False}
        try:
            ray.init(address=address, log_to_driver=False, logging_level="warning", **local)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise SettingsError(f"There is no Ray at {address!r}: {str(error)[:200]}") from error
    return ray


def _reach(address: str | None) -> None:
    """Raise SettingsError at once where nothing listens at host:port; Ray itself would wait for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), timeout=REACH_S).close()
        except (OSError, OverflowError) as error:
            raise SettingsError(f"There is no Ray at {address!r}: {error}") from error


def _units(ray: Any, shop: Workshop, device: str, first: int) -> Iterator[dict[str, Any]]:
    """The counted units from file `first` on, in the order of the files."""
    has = ray.cluster_resources()
    cpus, on_gpu = has.get("CPU", 1.0), device.startswith("cuda")
    encoders = int(has.get(GPU, 0)) if on_gpu else max(1, int(cpus) // 2)
    if not encoders:
        raise SettingsError("This Ray has no GPU. Give --device cpu, or an address of one that has.")
    each = min(1.0, cpus / 2)
    decoders = max(1, int(cpus) - (0 if on_gpu else encoders))
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context.execution_options.preserve_order = True
    ends = [*range(first - first % shop.unit + shop.unit, shop.subject.planned, shop.unit), shop.subject.planned]
    rows = [{"first": a, "stop": b} for a, b in zip([first, *ends], ends, strict=False) if a < b]
    if not rows:
        return
    work = ray.data.from_items(rows, override_num_blocks=len(rows))
    pool = ray.data.ActorPoolStrategy  # which starts an actor anew that dies, and gives its unit to another
    work = work.map(Decoder, compute=pool(min_size=1, max_size=decoders), fn_constructor_args=(shop,), num_cpus=each)
    takes = {"num_gpus": 1} if on_gpu else {"num_cpus": each}
    work = work.map(Encoder, compute=pool(min_size=1, max_size=encoders), fn_constructor_args=(shop,), **takes)
    yield from work.iter_rows()


def last_line(error: Exception) -> str:
    """The last line of what a worker said, which is the error itself."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1].rpartition("Error: ")[2] if lines else type(error).__name__)[:300].rstrip(".")
