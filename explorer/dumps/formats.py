"""The formats of dumps: which files they are, and who reads them. An entry here and one file beside it add one.

A reader is a function (DumpFile, field or None) -> Dump; `writing/` holds the way out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.dumps.arrays import Dump
from explorer.dumps.places import DumpFile
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.registry import Registry

Reader = Callable[[DumpFile, str | None], Dump]


@dataclass(frozen=True)
class DumpFormat:
    """id: its name in READERS. endings: of its files. field: what a field names there, "" where there is none.
    package: what must be installed, "" for nothing."""

    id: str
    title: str
    endings: tuple[str, ...]
    field: str = ""
    package: str = ""


FORMATS = (
    DumpFormat("npy", "numpy", (".npy", ".npz")),
    DumpFormat("jsonl", "JSON lines", (".jsonl", ".ndjson"), "an entry of each line"),
    DumpFormat("csv", "CSV", (".csv", ".tsv"), "a column"),
    DumpFormat("torch", "torch", (".pt", ".pth"), "a tensor"),
    DumpFormat("parquet", "Parquet", (".parquet", ".pq"), "a column", "pyarrow"),
    DumpFormat("arrow", "Arrow", (".arrow", ".feather", ".ipc"), "a column", "pyarrow"),
    DumpFormat("hdf5", "HDF5", (".h5", ".hdf5"), "a data set", "h5py"),
    DumpFormat("webdataset", "WebDataset", (".tar", ".tar.gz", ".tgz"), "an ending of its files"),
)
READERS: Registry[Reader] = Registry(
    "format of dumps",
    {
        "npy": "explorer.dumps.numpy_files:read_npy",
        "jsonl": "explorer.dumps.json_lines:read_json_lines",
        "csv": "explorer.dumps.csv_rows:read_csv",
        "torch": "explorer.dumps.torch_files:read_torch",
        "parquet": "explorer.dumps.parquet:read_parquet",
        "arrow": "explorer.dumps.arrow:read_arrow",
        "hdf5": "explorer.dumps.hdf5:read_hdf5",
        "webdataset": "explorer.dumps.webdataset:read_webdataset",
    },
)
# Of one file that a page is given: those that no medium has, without what stands before .gz.
ALONE = tuple(ending for one in FORMATS for ending in one.endings if one.id != "csv" and ending.count(".") == 1)
ENDINGS = {ending: one for one in FORMATS for ending in one.endings}


def read_file(file: DumpFile, field: str | None, format: DumpFormat | None = None) -> Dump:
    """One file, by its ending; without a known one as an .npy.

    Raises RecordError for what holds no indices, SettingsError for a field that is not for it, or a missing package.
    """
    one = format or ENDINGS.get(file.ending, FORMATS[0])
    if field is not None and not one.field:
        named = ", ".join(f"{other.title} ({other.field})" for other in FORMATS if other.field)
        raise SettingsError(f"A field is for {named}; {file.name!r} is none of them.")
    try:
        return READERS.load(one.id)(file, field)
    except RecordError as error:
        if format is not None or file.ending in ENDINGS:
            raise
        told = f"{file.ending!r}" if file.ending else "none"
        raise RecordError(
            f"{file.name!r} is no array of numpy, and its ending ({told}) tells no other format; these are read: "
            f"{', '.join(ENDINGS)}."
        ) from error
    except ImportError as error:
        if not one.package or (error.name or one.package).split(".")[0] != one.package:
            raise
        raise SettingsError(
            f"{file.name!r} is {one.title}, which {one.package} reads, and that is not here: pip install {one.package}"
        ) from error
