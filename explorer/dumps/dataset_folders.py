"""Folders that `datasets` wrote with save_to_disk: which of their files hold rows, in order.

A data set is a folder of dataset_info.json, state.json and data-*.arrow; several splits lie in folders of their own
beside dataset_dict.json (https://huggingface.co/docs/datasets/about_arrow). Other files there are caches.
"""

from __future__ import annotations

import json
from pathlib import Path

from explorer.foundation.errors import RecordError

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


def _listed(path: Path, key: str) -> list:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RecordError(f"{path.parent.name!r} is a data set whose {path.name} is damaged ({error}).") from error
    return value if isinstance(value, list) else []
