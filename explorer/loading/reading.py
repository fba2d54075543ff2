"""Read headers and tensors of files that strangers made. Only tensors come out; nothing in a file is ever run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from explorer.foundation.config import Limits, settings
from explorer.foundation.errors import CheckpointError
from explorer.loading.folders import check_size, inside, partner, read_config, unread_words, weight_files
from explorer.loading.keys import plain_keys
from explorer.loading.places import Place, tensor_bytes
from explorer.loading.safetensor import looks_like_safetensors, read_safetensors
from explorer.loading.torchfiles import read_legacy, read_zip
from explorer.public.header import Header, TensorInfo

_NO_CHECKPOINTS = {
    b"version https://git-lfs": "a pointer of Git LFS; the file itself was not downloaded",
    b"\x89HDF": "an HDF5 file (Keras)",
    b"\x93NUMPY": "an array of NumPy; if it holds indices, the Codebook page and audit --indices count them",
    b"GGUF": "a GGUF file",
    b"<!DO": "a web page, not the file itself",
    b"<htm": "a web page, not the file itself",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
}


def read_header(path: Path, limits: Limits | None = None, names: Sequence[str] = ()) -> Header:
    """The header of a file, or of a folder with its config and weights. No weight is read.

    names: of the files of the folder that count, where only some of them are here.

    Raises CheckpointError in plain words for what is damaged, unsafe, too large, or no checkpoint.
    """
    limits = limits or settings().limits
    path = Path(path)
    try:
        folder = path if path.is_dir() else path.parent
        if names:
            files = [inside(path, name) for name in names]
        else:
            files = weight_files(path) if path.is_dir() else partner(_existing(path))
        check_size(files, limits)
        header = _joined(path, files, limits)
        header = replace(header, config=read_config(folder, files[0].stem))
        if path.is_dir() and not names and (said := unread_words(path, files)):
            header = replace(header, notes=(*header.notes, said))
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if not header.tensors:
        raise CheckpointError(f"{path.name} holds no tensors.")
    if tensor_bytes(header.tensors) > limits.checkpoint_file_bytes:
        raise CheckpointError(
            f"The tensors of {path.name} claim {tensor_bytes(header.tensors) / 2**30:,.1f} GiB, "
            f"the limit is {limits.checkpoint_file_bytes / 2**30:,.1f} GiB."
        )
    return header


def read_state(path: str | Path) -> dict[str, object]:
    """Key -> tensor (torch, on the CPU) of the model in a file or folder, read as data: for `load_state_dict` in a
    user's adapter. Keys are without the names of wrapping dicts, and without what training leaves in them.

    Raises CheckpointError as `read_header`.
    """
    header = read_header(Path(path).expanduser())
    return dict(iterate_tensors(header, list(header.tensors)))


def iterate_tensors(header: Header, keys: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Each tensor (torch, on the CPU) of `keys` once, in the order in which they lie in the file.

    Every one is read into memory of its own, so that the file may go afterwards; never all of them twice.
    Raises CheckpointError if the file has changed or ends early.
    """
    from explorer.loading.tensors import read_tensors  # torch, which only looking at a file never pays

    return read_tensors({key: header.tensors[key] for key in keys})


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise CheckpointError(f"There is no file {str(path)!r}.")
    return path


def _joined(path: Path, files: list[Path], limits: Limits) -> Header:
    """One header of all files: shards share their keys' names; an encoder and a decoder get a prefix."""
    headers = [plain_keys(_read_file(file, limits)) for file in files]
    if len(headers) == 1:
        return replace(headers[0], path=path)
    paired = {file.stem for file in files} == {"encoder", "decoder"}
    tensors, scalars = {}, {}
    for file, header in zip(files, headers, strict=True):
        prefix = f"{file.stem}." if paired and not all(k.startswith(f"{file.stem}.") for k in header.tensors) else ""
        for key, info in header.tensors.items():
            if prefix + key in tensors:
                raise CheckpointError(f"{prefix + key} is in two files of {path.name}.")
            tensors[prefix + key] = info
        scalars |= {prefix + key: value for key, value in header.scalars.items()}
    if len(tensors) > limits.checkpoint_tensors:
        raise CheckpointError(f"{path.name} holds more than {limits.checkpoint_tensors:,} tensors.")
    notes = tuple(dict.fromkeys(note for header in headers for note in header.notes))
    return Header(path, headers[0].container, tensors, headers[0].wrapper, {}, {}, scalars, notes)


def _read_file(path: Path, limits: Limits) -> Header:
    """The header of one file, by its first bytes and not by its name."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise CheckpointError(f"{path.name} is empty.")
    for start, words in _NO_CHECKPOINTS.items():
        if head.lower().startswith(start.lower()):
            raise CheckpointError(f"{path.name} is {words}.")
    if head[257:262] == b"ustar":
        raise CheckpointError(f"{path.name} is a tar archive (torch before 0.2, or packed files); unpack it first.")
    if head[4:8] == b"TFL3":  # a program, of which nothing is looked at here: its bytes are one tensor
        return Header(path, "tflite", {path.stem: TensorInfo((size,), "uint8", Place(path, 0, size))})
    if looks_like_safetensors(head[:9], size):
        return Header(path, "safetensors", read_safetensors(path, limits))
    if head[:2] == b"PK":
        return read_zip(path, limits)
    if head[:1] == b"\x80" or head[:1] in b"(c}]l":  # protocol 2 and later, or what older pickles begin with
        return read_legacy(path, limits)
    raise CheckpointError(
        f"{path.name} is neither safetensors nor of torch.save, or is damaged: it begins with {head[:8].hex(' ')}."
    )
