"""What pages stand on: the bounded cache of records, and the one UMAP worker at a time."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Hashable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from explorer.analysis.maps.codes import UMAP_SEED
from explorer.analysis.maps.projection import Projection, cached_projection
from explorer.analysis.pictures.depiction import depict
from explorer.foundation import stages
from explorer.foundation.cache import Cache, share
from explorer.foundation.config import REPOSITORY, settings, shipped_maps
from explorer.foundation.errors import Cancelled, ExplorerError
from explorer.foundation.owners import EVERYBODY, owner
from explorer.joints.record import TokenRecord
from explorer.media.medium import Medium, tokenized
from explorer.media.samples import sample
from explorer.pages.shared.session import ONE, UPLOADED, Visit
from explorer.pages.shared.turns import MAPS, Turns
from explorer.pages.shared.upload_media import upload_medium
from explorer.pages.shared.visitor_files import files
from explorer.tokenizers import load_tokenizer, owner_of

SESSIONS_KEPT = 200
UMAP_SECONDS = 300  # longer than any codebook that is drawn takes; a stuck worker is ended
_log = logging.getLogger(__name__)


_records = Cache("records of media", share(0.19))
_pictures = Cache("pictures of sounds and clips", share(0.06))
_umap_turn = threading.Semaphore(1)  # one worker at a time: two would only slow each other on few cores


def medium_of(visit: Visit) -> Medium:
    """The picture, sound or clip of a visit as it came. Raises MediaError, or ExplorerError if an upload is gone."""
    if visit.picture != UPLOADED:
        return sample(visit.picture).load()
    if visit.upload is None or not Path(visit.upload).is_file():
        one = ONE.get(visit.modality, "file")
        raise ExplorerError(f"The uploaded {one} is no longer on the server; choose it again.")
    return upload_medium(visit.upload, visit.modality or None, visit.from_s)


def record_of(visit: Visit) -> TokenRecord:
    """Tokenize the medium of a visit, or take the record from the cache. Raises ExplorerError.

    The cache knows a medium by its name, so that a click need not read it again: samples never change, and every
    upload lies in a folder of its own.
    """

    def make() -> TokenRecord:
        stages.begin("loading its weights")
        tokenizer = load_tokenizer(visit.tokenizer)
        return tokenized(medium_of(visit), tokenizer, visit.side_px)

    return _records.get(key_of(visit), make, whose(visit))


def picture_record_of(visit: Visit) -> TokenRecord:
    """The record of a visit as a picture (`depict`): the very same for pictures. Raises ExplorerError.

    Positions of its tokens are those that the page speaks of.
    """
    record = record_of(visit)
    return record if record.modality == "image" else _pictures.get(key_of(visit), lambda: depict(record), whose(visit))


def whose(visit: Visit) -> str:
    """Whose a visit's record is: the visitor's own where its medium or its tokenizer is."""
    return owner() if visit.picture == UPLOADED else owner_of(visit.tokenizer)


def key_of(visit: Visit) -> Hashable:
    """What names a visit's record: its medium, its tokenizer, and whose they are."""
    return (visit.tokenizer, visit.picture, visit.upload, visit.modality, visit.side_px, visit.from_s, whose(visit))


def cache_of(of: str) -> Path:
    """The folder that keeps the maps of what belongs to `of`: a visitor's own go with them."""
    return settings().cache if of == EVERYBODY else files.folder_of(of, "maps")


def umap_in_background(
    vectors: np.ndarray, metric: str, turns: Turns, turn: int, kind: str = "umap", of: str = EVERYBODY
) -> Iterator[float | Projection]:
    """Yields the share done, 0..1, and at last the Projection; from the cache at once if it is there.

    kind: "umap" or "tsne". of: whose vectors they are; a visitor's own are laid out in a folder that goes with them.

    The work runs in a child process (see `umap_worker`), which ends when that turn of MAPS does or the generator is
    closed. Raises Cancelled then, ExplorerError if the work fails.
    """
    cache = cache_of(of)
    kept = kept_projection(vectors, metric, cache, kind)
    if kept is not None:
        yield kept
        return
    yield 0.0
    with tempfile.TemporaryDirectory(prefix="umap-") as folder:
        file = Path(folder) / "vectors.npy"
        np.save(file, vectors, allow_pickle=False)
        while not _umap_turn.acquire(timeout=0.5):
            _check_turn(turns, turn)
        try:
            if kept_projection(vectors, metric, cache, kind) is None:  # nobody made it meanwhile
                yield from _run_worker([str(file), metric, str(UMAP_SEED), str(cache), kind], turns, turn)
        finally:
            _umap_turn.release()
    _check_turn(turns, turn)
    kept = kept_projection(vectors, metric, cache, kind)
    if kept is None:
        name = "UMAP" if kind == "umap" else "t-SNE"
        raise ExplorerError(f"{name} could not be computed; the log of the server says why. PCA is still there.")
    yield kept


def _check_turn(turns: Turns, turn: int) -> None:
    if not turns.holds(MAPS, turn):
        raise Cancelled("Another picture or tokenizer was chosen.")


def kept_projection(vectors: np.ndarray, metric: str, cache: Path, kind: str = "umap") -> Projection | None:
    """The finished projection, if it is in the cache or ships: asking with work forbidden finds nothing else."""
    for folder in (cache, shipped_maps()):
        with suppress(Cancelled):
            return cached_projection(vectors, kind, UMAP_SEED, folder, metric, cancelled=lambda: True)  # type: ignore[arg-type]
    return None


def _run_worker(arguments: list[str], turns: Turns, turn: int) -> Iterator[float]:
    """Run the worker, passing on what it prints; it is ended when the caller goes away or it takes too long."""
    command = [sys.executable, "-m", "explorer.analysis.maps.umap_worker", *arguments]
    worker = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    turns.attach(MAPS, turn, worker)
    watchdog = threading.Timer(UMAP_SECONDS, worker.kill)
    watchdog.start()
    try:
        for line in worker.stdout:  # type: ignore[union-attr]
            yield float(line)
        if worker.wait() != 0 and turns.holds(MAPS, turn):
            _log.error("UMAP worker ended with %d: %s", worker.returncode, worker.stderr.read())  # type: ignore[union-attr]
    finally:
        watchdog.cancel()
        worker.kill()
        worker.communicate()
