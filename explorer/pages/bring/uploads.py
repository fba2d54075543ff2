"""Uploaded files whose tokenizers were loaded, kept as long as their owner is here."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from pathlib import Path

from explorer import tokenizers
from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError
from explorer.loading.planning import Plan
from explorer.pages.shared.visitor_files import files


class UploadStore:
    """A folder for each file, which goes with the visitor whose it is.

    Over `most_bytes`, and over tokenizers.OWN_KEPT of one visitor, the oldest go first, and their tokenizers with them.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most, self._lock = most_bytes, threading.Lock()
        self._kept: dict[tuple[str, str], tuple[Path, Path]] = {}  # (owner, id) -> folder, file in it

    def take(self, plan: Plan, of: str) -> tuple[Path, bool]:
        """Move the file or folder of a plan in here: where it lies, and whether it came now and not before.

        Raises CheckpointError.
        """
        with self._lock:
            there = self._kept.get((of, plan.id))
            if there is not None and there[1].exists():
                return there[1], False
        file = Path(plan.source.name)
        if not file.exists():
            raise CheckpointError("The uploaded file is no longer on the server; choose it again.")
        inside = file if file.is_dir() else file.parent  # one upload lies in a folder of its own
        try:
            folder = files.new_folder(of)
            moved = Path(shutil.move(inside, folder))
        except OSError as error:
            raise CheckpointError(f"The uploaded file could not be kept: {error.strerror or error}.") from error
        path = moved if inside == file else moved / file.name
        with self._lock:
            self._kept[of, plan.id] = (folder, path)
        return path, True

    def drop(self, tokenizer_id: str, of: str) -> None:
        """Delete the file of a tokenizer."""
        with self._lock:
            folder, _ = self._kept.pop((of, tokenizer_id), (None, None))
        if folder is not None:
            files.drop(folder)

    def make_room(self) -> None:
        """Let the oldest go until what is kept is within the caps."""
        while True:
            with self._lock:
                counts = Counter(of for of, _ in self._kept)
                many = next((key for key in self._kept if counts[key[0]] > tokenizers.OWN_KEPT), None)
                total = sum(_size(folder) for folder, _ in self._kept.values())
                oldest = many or (next(iter(self._kept)) if total > self._most and len(self._kept) > 1 else None)
            if oldest is None:
                return
            of, tokenizer_id = oldest
            tokenizers.forget(tokenizer_id, of)
            self.drop(tokenizer_id, of)

    def owners(self) -> set[str]:
        """The visitors who have files here."""
        with self._lock:
            return {of for of, _ in self._kept}

    def let_go(self, owner: str) -> None:
        """A visitor has left."""
        with self._lock:
            names = [name for of, name in self._kept if of == owner]
        for name in names:
            self.drop(name, owner)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


uploads = UploadStore(settings().limits.uploads_kept_bytes)
