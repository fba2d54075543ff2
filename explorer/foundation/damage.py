"""Files of others that are damaged: what reading them raises, and one way to open arrays of numpy in which all of it
becomes one line that names the file.

No list of errors is complete: a header of numpy that was changed fails as a value, as syntax or as a token, a zip as
any of DAMAGE, and what is said of sizes may ask for more memory than there is.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from explorer.foundation.errors import ExplorerError, RecordError

# Of packed files that were cut or changed: RuntimeError includes what is encrypted, packed in a way that nobody knows,
# and nested too deeply.
DAMAGE = (
    *(OSError, EOFError, RuntimeError, UnicodeDecodeError, struct.error),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
UNPACKED_BYTES = 2**31  # of all arrays of a file
PACKED = b"PK\x03\x04", b"PK\x05\x06"  # a zip, and one of nothing


@contextmanager
def damage_in_words(words: str) -> Iterator[None]:
    """Whatever is raised within becomes a RecordError of these words, and of what the system says; what is in plain
    words already stays."""
    try:
        yield
    except ExplorerError:
        raise
    except Exception as error:  # no list is complete
        why = error.strerror if isinstance(error, OSError) else None  # of the system, such as a full disk
        raise RecordError(f"{words} ({why})" if why else words) from error


@contextmanager
def open_arrays(
    file: Path | BinaryIO, name: str, words: str, most_bytes: int = UNPACKED_BYTES
) -> Iterator[dict[str, Any]]:
    """The arrays of an .npz by name, each read when it is asked for; of an .npy the one array under "". No pickles.

    words: what is said, with the name of the file, of whatever is wrong with it, also while arrays are read within.
    Raises RecordError for that, and for arrays that would unpack to more than `most_bytes`.
    """
    with damage_in_words(words), _at_start(file) as opened:
        unpacked = _unpacked_bytes(opened)
        if unpacked > most_bytes:
            raise RecordError(
                f"{name!r} unpacks to {unpacked / 2**20:,.0f} MiB, over the cap of {most_bytes / 2**20:,.0f} MiB."
            )
        arrays = np.load(opened, allow_pickle=False)
        if isinstance(arrays, np.ndarray):
            yield {"": arrays}
            return
        with arrays:
            yield arrays


def _at_start(file: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Opened here: numpy leaves what it cannot read open."""
    return file.open("rb") if isinstance(file, Path) else nullcontext(file)


def _unpacked_bytes(file: BinaryIO) -> int:
    """How much a zip claims to unpack to, without reading any of it; 0 of what is none."""
    start = file.tell()
    try:
        if file.read(4) not in PACKED:
            return 0
        file.seek(start)
        with zipfile.ZipFile(file) as archive:
            return sum(member.file_size for member in archive.infolist())
    finally:
        file.seek(start)
