"""Folders as the Hub has them: which files are the tokenizer, its shards, its config. Names never lead outside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError
from explorer.foundation.plain_yaml import YAML_BYTES, yaml_mapping
from explorer.foundation.words import is_are

INDEX = ".safetensors.index.json"
INDICES = (INDEX, ".bin.index.json")  # of shards; the second one of torch files
SAFETENSORS = ("model.safetensors", "diffusion_pytorch_model.safetensors")
TORCH_SUFFIXES = (".pt", ".pth", ".th", ".ckpt", ".bin", ".pkl", ".jit")
TORCH_MODEL = "pytorch_model.bin"
GRAPH_SUFFIX = ".tflite"  # of TensorFlow Lite: the parts of a codec, a file each
CONFIG_BYTES = 4 * 2**20
# What the Trainer of transformers, and accelerate, write beside the weights of a model so that its training can go on.
_OF_TRAINING = re.compile(
    r"(optimizer|scheduler|scaler|training_args|rng_state|random_states|sampler|dl_state_dict|custom_checkpoint)(_\d+)*"
    r"\.(pt|pth|bin|pkl)"
)
READ = "Of the files there"  # how a sentence on those that are read begins
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def inside(folder: Path, name: str) -> Path:
    """`folder / name` for a plain name that a file gave. Raises CheckpointError if it leads elsewhere.

    Links are followed only within the folder, or to the blobs of the Hub's own cache: those of the repository (beside
    its snapshots/), and those that its repositories share.
    """
    if not _PLAIN_NAME.fullmatch(name):
        raise CheckpointError(f"{name[:80]!r} is not the plain name of a file beside the others.")
    path, home = folder / name, folder.resolve()
    allowed = [home]
    for parent in home.parents:
        if parent.name == "snapshots":
            allowed += [parent.parent / "blobs", parent.parent.parent / "blobs"]
    real = path.resolve()
    if not any(real.is_relative_to(place) for place in allowed):
        raise CheckpointError(f"{name} in {folder.name} is a link that leads outside of the folder.")
    if not real.is_file():
        raise CheckpointError(f"{name} is missing in {folder.name}.")
    return path


def weight_files(folder: Path) -> list[Path]:
    """The files with the weights: shards of an index, one safetensors, an encoder and a decoder, or one torch file."""
    chosen = choose_files([path.name for path in folder.iterdir() if not path.is_dir()], folder.name)
    if chosen[0].endswith(INDICES):
        chosen = shards(inside(folder, chosen[0]))
    return [inside(folder, name) for name in chosen]


def choose_files(names: Iterable[str], where: str) -> list[str]:
    """Of the files of a folder, those with the weights, or the one index that lists them; safetensors before torch, and
    none of what a trainer keeps to go on. Raises CheckpointError."""
    names = sorted(names)
    indices = [name for name in names if name.endswith(INDEX)]
    if indices:
        return indices[:1]
    found = [name for name in names if name.endswith(".safetensors")]
    chosen = next((name for name in SAFETENSORS if name in found), None)
    several = [chosen] if chosen else found or _torch_files(names)
    if len(several) == 1 or _pair(several):
        return _pair(several) or several
    graphs = [name for name in names if name.lower().endswith(GRAPH_SUFFIX)]
    if graphs and not several:
        return graphs
    if several:
        raise CheckpointError(f"{where} holds several files of weights: {', '.join(several[:8])}. Name one.")
    raise CheckpointError(
        f"{where} holds no weights: no .safetensors and no {', '.join(TORCH_SUFFIXES)}. "
        f"There are: {', '.join(names[:8]) or 'no files'}."
    )


def _torch_files(names: list[str]) -> list[str]:
    """The index of shards or the model that the Trainer writes, else all torch files that are not of its training."""
    for known in ([name for name in names if name.endswith(INDICES)][:1], [n for n in names if n == TORCH_MODEL]):
        if known:
            return known
    found = [name for name in names if name.lower().endswith(TORCH_SUFFIXES)]
    return [name for name in found if not is_of_training(name)] or found


def is_of_training(name: str) -> bool:
    """Whether a file is named as a trainer names what it needs to go on, such as the state of its optimizer."""
    return _OF_TRAINING.fullmatch(name) is not None


def unread_words(folder: Path, files: list[Path]) -> str:
    """Which files of a folder are read where others look like weights, too; "" where none does."""
    read = {file.name for file in files}
    there = sorted(one.name for one in folder.iterdir() if one.is_file() and one.name not in read)
    left = [name for name in there if name.lower().endswith((".safetensors", *TORCH_SUFFIXES))]
    if not left:
        return ""
    more = f" and {len(left) - 5:,} more" if len(left) > 5 else ""
    many = f"{len(files):,} shards are" if len(files) > 2 else f"{' and '.join(sorted(read))} {is_are(len(read))}"
    return f"{READ} {many} read as the weights; {', '.join(left[:5])}{more} {is_are(len(left))} not."


def partner(path: Path) -> list[Path]:
    """encoder and decoder, if `path` is one of them and the other lies beside it; of graphs all that lie beside it;
    else `path` alone."""
    if path.suffix == GRAPH_SUFFIX:
        return sorted(path.parent.glob(f"*{GRAPH_SUFFIX}"))
    if path.stem in ("encoder", "decoder"):
        pair = [path.with_name(part + path.suffix) for part in ("encoder", "decoder")]
        if all(one.is_file() for one in pair):
            return pair
    return [path]


def _pair(names: list[str]) -> list[str]:
    """encoder.* and decoder.* of one kind."""
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        if stem == "encoder" and f"decoder{dot}{suffix}" in names:
            return [name, f"decoder{dot}{suffix}"]
    return []


def shards(index: Path) -> list[str]:
    """The files that an index lists. Raises CheckpointError."""
    entries = read_json(index).get("weight_map")
    if not isinstance(entries, dict) or not entries or not all(isinstance(name, str) for name in entries.values()):
        raise CheckpointError(f"{index.name} lists no shards.")
    return sorted(set(entries.values()))


def read_config(folder: Path, stem: str = "") -> Mapping[str, object]:
    """config.json of a folder, or else the YAML beside a checkpoint (its own name, or the only one); {} for none."""
    if (folder / "config.json").exists():
        return read_json(inside(folder, "config.json"))
    for name in (f"{stem}.yaml", f"{stem}.yml", f"{stem}.json", "config.yaml", "config.yml"):
        if stem and _PLAIN_NAME.fullmatch(name) and (folder / name).exists():
            path = inside(folder, name)
            return read_json(path) if name.endswith("json") else read_yaml(path)
    return {}


def read_json(path: Path) -> dict:
    """A JSON object of sound size. Raises CheckpointError."""
    try:
        value = json.loads(_text(path, CONFIG_BYTES))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path.name} is not valid JSON.") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path.name} holds no JSON object.")
    return value


def read_yaml(path: Path) -> dict:
    """A YAML mapping of plain values, as `yaml_mapping`."""
    try:
        return yaml_mapping(_text(path, YAML_BYTES), path.name)
    except ValueError as error:
        raise CheckpointError(f"{path.name} is not plain YAML: {str(error)[:200]}.") from error


def _text(path: Path, limit: int) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise CheckpointError(f"{path.name} is longer than {limit:,} bytes.")
        return data.decode("utf-8")
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def check_size(paths: list[Path], limits: Limits) -> None:
    """Raise CheckpointError if the files together are over the limit."""
    total = sum(path.stat().st_size for path in paths)
    if total > limits.checkpoint_file_bytes:
        limit = limits.checkpoint_file_bytes
        raise CheckpointError(f"{paths[0].name} has {total / 2**30:,.1f} GiB, the limit is {limit / 2**30:,.1f} GiB.")
