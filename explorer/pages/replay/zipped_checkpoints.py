"""A zip of checkpoints of one run that a visitor sent: their codes become a recording, and the files go."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from explorer.foundation.damage import open_zip
from explorer.foundation.errors import RecordError, SettingsError
from explorer.pages.replay.unpacking import (
    BROKEN,
    FILES,
    UNPACKED_BYTES,
    check_members,
    check_size,
    copy_member,
    holds_recording,
    last_name,
)

if TYPE_CHECKING:
    from explorer.analysis.opening.timeline import Timeline

MOST = 256  # checkpoints of a zip


def holds_checkpoints(file: Path) -> bool:
    """Whether a zip has files of weights and none of a recording; not where it is none."""
    try:
        with open_zip(file, file.name, FILES) as archive:
            return not holds_recording(archive) and bool(_weights(archive))
    except (RecordError, *BROKEN):
        return False


def unpack_checkpoints(file: Path, folder: Path) -> str:
    """Make the recording of the checkpoints in a zip in an empty folder; the name of the folder that they lay in, or of
    the zip.

    Raises RecordError in words for what leads outside of its folder, is too large, or makes no timeline.
    """
    from explorer.analysis.opening.timeline import read_timeline  # files of torch, which few recordings need

    held = folder / "checkpoints"
    try:
        with open_zip(file, file.name, FILES) as archive:
            title = _unpack(archive, file, held) or file.stem
        timeline = read_timeline([held])
        record_checkpoints(timeline, folder)
    except SettingsError as error:
        raise RecordError(f"{error} Pack two checkpoints of one run or more.") from error
    except RecordError:
        raise
    except BROKEN as error:
        raise RecordError(f"{file.name!r} is damaged. Pack the checkpoints again.") from error
    finally:
        shutil.rmtree(held, ignore_errors=True)
    return title


def record_checkpoints(timeline: Timeline, folder: Path) -> Path:
    """The folder, with the recording that is made of a timeline. Raises RecordError where no table is in two of its
    checkpoints."""
    from explorer.analysis.opening.timeline_frames import record_timeline

    try:
        record_timeline(timeline, folder)
    except SettingsError as error:
        raise RecordError(str(error)) from error
    return folder


def _unpack(archive: zipfile.ZipFile, file: Path, held: Path) -> str:
    """Write the files of weights, in folders of one level, and return the name of the folder of all, "" for none."""
    weights = _weights(archive)
    found = [*weights, *_beside(archive, weights)]
    if len(weights) > MOST:
        raise RecordError(f"{file.name!r} holds {len(weights):,} checkpoints; {MOST:,} is the most.")
    check_members(found, file)
    check_size(found, file)
    paths = [PurePosixPath(one.filename.replace("\\", "/")) for one in found]
    flat = len({path.parent for path in paths}) == 1  # or each has a folder of its own
    left = UNPACKED_BYTES
    for member, path in zip(found, paths, strict=True):
        own = PurePosixPath(path.name) if flat else PurePosixPath(path.parent.name, path.name)  # of none at the top
        target = held / own
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise RecordError(
                f"{file.name!r} holds two checkpoints named {str(own)[-80:]!r}. Put each in a folder named by its step."
            )
        left -= copy_member(archive, member, target, left)
    return paths[0].parent.name if flat else paths[0].parent.parent.name


def _weights(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    from explorer.analysis.opening.timeline import SUFFIXES
    from explorer.loading.folders import is_of_training

    there = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
    found = [one for one in there if PurePosixPath(one.filename).suffix.lower() in SUFFIXES]
    return [one for one in found if not is_of_training(last_name(one.filename))]


def _beside(archive: zipfile.ZipFile, weights: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """What says how weights belong together: the config, and the index of shards, in the folders of weights."""
    from explorer.loading.folders import INDICES

    folders = {PurePosixPath(one.filename.replace("\\", "/")).parent for one in weights}
    named = [one for one in archive.infolist() if last_name(one.filename).endswith(("config.json", *INDICES))]
    return [one for one in named if PurePosixPath(one.filename.replace("\\", "/")).parent in folders]
