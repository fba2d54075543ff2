"""Zip archives written by torch.save and torch.jit.save: what lies in them and where, without unpacking anything."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from explorer.foundation.config import Limits
from explorer.foundation.damage import DAMAGE, NAME_BYTES, listed_in_zip
from explorer.foundation.errors import CheckpointError
from explorer.loading.pickles import BoundedStream

BROKEN = (*DAMAGE, ValueError, OverflowError, LookupError)  # ValueError: names that are no text


class Archive:
    """An open zip of torch. Only the pickle is ever unpacked, and never beyond its limit."""

    def __init__(self, path: Path, file: BinaryIO, limits: Limits) -> None:
        self._path, self._file, self._limits = path, file, limits
        _check_directory(path, file, limits)
        try:
            self._zip = zipfile.ZipFile(file)
        except BROKEN as error:
            raise CheckpointError(f"{path.name} is a damaged or incomplete zip archive: {error}.") from error
        names = [info.filename for info in self._zip.infolist()]
        if len(names) > limits.archive_entries:
            raise CheckpointError(f"{path.name} holds {len(names):,} parts, at most {limits.archive_entries:,} may be.")
        if len(set(names)) < len(names):
            raise CheckpointError(f"{path.name} names a part twice, so that it is not clear which one counts.")
        pickles = [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise CheckpointError(
                f"{path.name} is a zip archive, but not one that torch.save writes: it holds {len(pickles)} data.pkl."
            )
        self.root = pickles[0].removesuffix("data.pkl")
        self.names = {name.removeprefix(self.root) for name in names if name.startswith(self.root)}

    @property
    def scripted(self) -> bool:
        """Whether it is a TorchScript archive, which brings code; the code is never opened."""
        return "constants.pkl" in self.names or any(name.startswith("code/") for name in self.names)

    @property
    def big_end_first(self) -> bool:
        return "byteorder" in self.names and self._small("byteorder").strip() == b"big"

    def pickle(self, name: str) -> BoundedStream:
        """The pickle of that name as a stream, unpacked to at most the limit."""
        limit = self._limits.pickle_bytes
        return BoundedStream(io.BytesIO(self._unpacked(name, limit)), limit)

    def _small(self, name: str) -> bytes:
        return self._unpacked(name, 1024)

    def _unpacked(self, name: str, limit: int) -> bytes:
        info = self._zip.getinfo(self.root + name)
        if info.file_size > limit:
            raise CheckpointError(f"{name} in {self._path.name} unpacks to {info.file_size:,} bytes; {limit:,} may be.")
        try:
            with self._zip.open(info) as part:
                data = part.read(limit + 1)  # never more, whatever the directory claims
        except BROKEN as error:
            raise CheckpointError(f"{name} in {self._path.name} cannot be unpacked: {error}.") from error
        if len(data) > limit:
            raise CheckpointError(f"{name} in {self._path.name} unpacks to more than {limit:,} bytes.")
        return data

    def starts(self, folder: str) -> dict[str, int]:
        """Storage -> byte of its first number, for the parts of `folder`, which must lie there unpacked."""
        size, found = self._path.stat().st_size, {}
        for info in self._zip.infolist():
            name = info.filename.removeprefix(self.root)
            if not info.filename.startswith(self.root) or not name.startswith(folder):
                continue
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                raise CheckpointError(
                    f"{name} in {self._path.name} is compressed or locked; torch.save never does so. "
                    "Save it again with torch.save."
                )
            self._file.seek(info.header_offset)
            head = self._file.read(30)
            if len(head) < 30 or head[:4] != b"PK\x03\x04":
                raise CheckpointError(f"{self._path.name} is damaged: {name} is not where it should be.")
            start = info.header_offset + 30 + sum(struct.unpack("<HH", head[26:30]))
            if start + info.file_size > size:
                raise CheckpointError(f"{self._path.name} ends early: {name} reaches past its end.")
            found[name.removeprefix(folder)] = start
        return found

    def sizes(self, folder: str) -> dict[str, int]:
        """Storage -> its bytes."""
        prefix = self.root + folder
        return {
            i.filename.removeprefix(prefix): i.file_size for i in self._zip.infolist() if i.filename.startswith(prefix)
        }


def _check_directory(path: Path, file: BinaryIO, limits: Limits) -> None:
    """Refuse a directory that is too large before Python's zipfile reads it into memory."""
    try:
        entries, length = listed_in_zip(file)
    except zipfile.BadZipFile as error:
        raise CheckpointError(f"{path.name} is an incomplete zip archive: its end is missing.") from error
    if entries > limits.archive_entries or length > limits.archive_entries * NAME_BYTES:
        raise CheckpointError(f"{path.name} claims {entries:,} parts, at most {limits.archive_entries:,} may be.")
    file.seek(0)
