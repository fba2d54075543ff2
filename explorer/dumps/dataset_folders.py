"""Folders that `datasets` wrote with save_to_disk: which of their files hold rows, in order.

A data set is a folder of dataset_info.json, state.json and data-*.arrow; several splits lie in folders of their own
beside dataset_dict.json (https://huggingface.co/docs/datasets/about_arrow). Other files there are caches.
"""

from __future__ import annotations

import json
from pathlib import Path

from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of

STATE, SPLITS = "state.json", "dataset_dict.json"


def dataset_files(folder: Path) -> list[Path] | None:
    """The files of rows, None where the folder is no such data set. Raises RecordError for a damaged one."""
    if (folder / SPLITS).is_file():
        splits = _listed(folder / SPLITS, "splits")
        return [file for split in splits for file in dataset_files(folder / Path(str(split)).name) or ()]
    if not (folder / STATE).is_file() or not (folder / "dataset_info.json").is_file():
        return None
    files = [entry.get("filename") for entry in _listed(folder / STATE, "_data_files") if isinstance(entry, dict)]
    return [folder / Path(str(name)).name for name in files]  # a name alone: never out of the folder


def unlisted_words(place: str | Path) -> tuple[str, ...]:
    """What lies among the rows of a data set that it does not list, as a sentence; () for anything else."""
    folder = Path(place)
    folders = [folder] if (folder / STATE).is_file() else [one.parent for one in sorted(folder.glob(f"*/{STATE}"))]
    if folder not in folders and not (folder / SPLITS).is_file():
        return ()
    listed = set(dataset_files(folder) or ())
    rows = [file for one in folders for file in sorted(one.glob("data-*-of-*.arrow")) if listed]
    more = [str(file.relative_to(folder)) for file in rows if file not in listed]
    if not more:
        return ()
    named = f"{more[0]!r}" + (f" and {len(more) - 1:,} more" if len(more) > 1 else "")
    was = "was" if len(more) == 1 else "were"
    return (f"{count_of(len(more), 'file')} beside those that {STATE} lists {was} left out: {named}.",)


def _listed(path: Path, key: str) -> list:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RecordError(f"{path.parent.name!r} is a data set whose {path.name} is damaged ({error}).") from error
    return value if isinstance(value, list) else []
