"""What pages stand on: a bounded cache of records, whose turn it is, and the one UMAP worker at a time."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.analysis.maps.codes import UMAP_SEED
from explorer.analysis.maps.projection import Projection, cached_projection
from explorer.analysis.pictures.depiction import depict
from explorer.foundation import stages
from explorer.foundation.cache import Cache, share
from explorer.foundation.config import REPOSITORY, settings, shipped_maps
from explorer.foundation.errors import Cancelled, ExplorerError
from explorer.foundation.owners import EVERYBODY, carried, owner
from explorer.foundation.recent import Recent
from explorer.joints.record import TokenRecord
from explorer.media.medium import Medium, load_medium, tokenized
from explorer.media.samples import sample
from explorer.pages.shared.session import ONE, UPLOADED, Visit
from explorer.pages.shared.visitor_files import files
from explorer.tokenizers import load_tokenizer, owner_of

MAPS = "maps"  # the thing whose turns end UMAP workers
SESSIONS_KEPT = 200
UMAP_SECONDS = 300  # longer than any codebook that is drawn takes; a stuck worker is ended
_log = logging.getLogger(__name__)


class Turns:
    """Who asked last: a newer request of the same visitor for the same thing makes the older one stale.

    Keys are (session hash, thing). Bounded: the longest silent visitors are forgotten, which makes their work stale.
    """

    def __init__(self, size: int) -> None:
        self._lock, self._count = threading.Lock(), 0
        self._turns: Recent[tuple[str, str], int] = Recent(size)
        self._workers: dict[tuple[str, str], subprocess.Popen] = {}

    def begin(self, session: str, thing: str) -> int:
        """A new turn; a worker of the turn before is ended."""
        key = (session, thing)
        with self._lock:
            self._count += 1
            for ended in {key: 0, **self._turns.put(key, self._count)}:
                self._end_worker(ended)
            return self._count

    def holds(self, session: str, thing: str, turn: int) -> bool:
        """Whether that turn is still the newest."""
        with self._lock:
            return self._turns.get((session, thing)) == turn

    def begun_since(self, session: str, thing: str, turn: int) -> bool:
        """Whether a turn of `thing` began after `turn`, which may be one of another thing: all are counted together."""
        with self._lock:
            return self._turns.get((session, thing), 0) > turn

    def attach(self, session: str, thing: str, turn: int, worker: subprocess.Popen) -> None:
        """Let the next turn end `worker`; ended at once if there has been one already."""
        with self._lock:
            if self._turns.get((session, thing)) == turn:
                self._workers[(session, thing)] = worker
            else:
                worker.kill()

    def _end_worker(self, key: tuple[str, str]) -> None:
        if key in self._workers:
            self._workers.pop(key).kill()


class Intents:
    """What each visitor wants by now, though it may not be shown yet: a quick second choice must not undo the first.

    Bounded: the longest silent visitors are forgotten, and then what is shown counts.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._visits: Recent[str, Visit] = Recent(size)

    def set(self, session: str, visit: Visit) -> None:
        """What is wanted is this."""
        with self._lock:
            self._visits.put(session, visit)

    def get(self, session: str, shown: Visit) -> Visit:
        """What is wanted now: the last wish, or what is shown."""
        with self._lock:
            return self._visits.use(session) or shown

    def change(self, session: str, shown: Visit, **choices: object) -> Visit:
        """What is wanted now: the last wish (or what is shown) with `choices` changed and nothing selected."""
        with self._lock:
            visit = replace((self._visits.use(session) or shown).at_rest(), **choices)
            self._visits.put(session, visit)
            return visit


_records = Cache("records of media", share(0.24))
_pictures = Cache("pictures of sounds and clips", share(0.06))
turns = Turns(4 * SESSIONS_KEPT)
intents = Intents(SESSIONS_KEPT)
_umap_turn = threading.Semaphore(1)  # one worker at a time: two would only slow each other on few cores


def medium_of(visit: Visit) -> Medium:
    """The picture, sound or clip of a visit as it came. Raises MediaError, or ExplorerError if an upload is gone."""
    if visit.picture != UPLOADED:
        return sample(visit.picture).load()
    if visit.upload is None or not Path(visit.upload).is_file():
        one = ONE.get(visit.modality, "file")
        raise ExplorerError(f"The uploaded {one} is no longer on the server; choose it again.")
    return load_medium(visit.upload, settings().limits, visit.modality or None)  # type: ignore[arg-type]


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
    return (visit.tokenizer, visit.picture, visit.upload, visit.modality, visit.side_px, whose(visit))


def cache_of(of: str) -> Path:
    """The folder that keeps the maps of what belongs to `of`: a visitor's own go with them."""
    return settings().cache if of == EVERYBODY else files.folder_of(of, "maps")


def umap_in_background(
    vectors: np.ndarray, metric: str, session: str, turn: int, kind: str = "umap", of: str = EVERYBODY
) -> Iterator[float | Projection]:
    """Yields the share done, 0..1, and at last the Projection; from the cache at once if it is there.

    kind: "umap" or "tsne". of: whose vectors they are; a visitor's own are laid out in a folder that goes with them.

    The work runs in a child process (see `umap_worker`), which ends when the visitor's turn for "maps" does or the
    generator is closed. Raises Cancelled then, ExplorerError if the work fails.
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
            _check_turn(session, turn)
        try:
            if kept_projection(vectors, metric, cache, kind) is None:  # nobody made it meanwhile
                yield from _run_worker([str(file), metric, str(UMAP_SEED), str(cache), kind], session, turn)
        finally:
            _umap_turn.release()
    _check_turn(session, turn)
    kept = kept_projection(vectors, metric, cache, kind)
    if kept is None:
        name = "UMAP" if kind == "umap" else "t-SNE"
        raise ExplorerError(f"{name} could not be computed; the log of the server says why. PCA is still there.")
    yield kept


def _check_turn(session: str, turn: int) -> None:
    if not turns.holds(session, MAPS, turn):
        raise Cancelled("Another picture or tokenizer was chosen.")


def kept_projection(vectors: np.ndarray, metric: str, cache: Path, kind: str = "umap") -> Projection | None:
    """The finished projection, if it is in the cache or ships: asking with work forbidden finds nothing else."""
    for folder in (cache, shipped_maps()):
        with suppress(Cancelled):
            return cached_projection(vectors, kind, UMAP_SEED, folder, metric, cancelled=lambda: True)  # type: ignore[arg-type]
    return None


def _run_worker(arguments: list[str], session: str, turn: int) -> Iterator[float]:
    """Run the worker, passing on what it prints; it is ended when the caller goes away or it takes too long."""
    command = [sys.executable, "-m", "explorer.analysis.maps.umap_worker", *arguments]
    worker = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    turns.attach(session, MAPS, turn, worker)
    watchdog = threading.Timer(UMAP_SECONDS, worker.kill)
    watchdog.start()
    try:
        for line in worker.stdout:  # type: ignore[union-attr]
            yield float(line)
        if worker.wait() != 0 and turns.holds(session, MAPS, turn):
            _log.error("UMAP worker ended with %d: %s", worker.returncode, worker.stderr.read())  # type: ignore[union-attr]
    finally:
        watchdog.cancel()
        worker.kill()
        worker.communicate()


def warm_up(tokenizer_id: str) -> threading.Thread:
    """Load torch and the first tokenizer while the visitor's browser is still opening the page."""

    def load() -> None:
        try:
            record_of(Visit(tokenizer=tokenizer_id))
        except ExplorerError as error:
            _log.warning("warm-up: %s", error)

    thread = threading.Thread(target=carried(load), name="warm-up", daemon=True)
    thread.start()
    return thread
