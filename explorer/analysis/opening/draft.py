"""A drafted adapter file: what names and shapes of a checkpoint tell, with a place for the user's own class."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from explorer.analysis.opening.file import OpenFile
from explorer.foundation.words import count_of
from explorer.loading.tables import FoundTable
from explorer.public.header import TensorInfo

NAME = "my_adapter.py"
ENCODERS = ("encoder", "_encoder", "enc", "encode")
DECODERS = ("decoder", "_decoder", "dec", "decode", "generator")
BEFORE = ("quant_conv", "pre_quant", "pre_quant_conv", "pre_vq_conv", "_pre_vq_conv", "quantize_conv", "to_code")
AFTER = ("post_quant_conv", "post_quant", "post_vq_conv", "from_code")
LIBRARY = re.compile(r"(?:(.+)\.)?_codebook\.embed")  # of vector-quantize-pytorch
LAYER = re.compile(r"(?:(.+)\.)?layers\.\d+")
WAVES = {3: "audio", 4: "image", 5: "video"}  # axes of a convolution's weight -> its medium
LAID = {"audio": "samples", "image": "h, w", "video": "frames, h, w"}
GIVEN = {"audio": "(B, 1, samples)", "image": "(B, 3, H, W) in pixel_range", "video": "(B, 3, frames, H, W)"}


def draft(opened: OpenFile, file: str | Path) -> str:
    """Text of a Python file. file: where the checkpoint will lie, as the user would write it."""
    tensors, modality = opened.header.tensors, _modality(opened.header.tensors)
    found = list(dict.fromkeys(table.found for table in opened.tables))
    library = _library(found)
    parts = library is not None or (len(found) == 1 and found[0].tables == 1)
    size, why = _downsampling(tensors, modality)
    facts = [f"downsampling={size},  # {why}"]
    facts += ['modality="audio",', "sample_rate_hz=24_000,  # yours"] if modality == "audio" else []
    facts += ['modality="video",', "time_step=1,  # yours: frames a token"] if modality == "video" else []
    facts += ["pixel_range=(-1, 1),  # yours: (0, 1) or (-1, 1)"] if modality != "audio" else []
    facts += [f"title={Path(file).stem!r},"]
    body = _parts(tensors, found, library, modality) if parts else _functions(found, modality)
    return "\n".join(
        [
            *_opening(opened, "attach" if parts else "adapt"),
            f"FILE = {str(file)!r}",
            "",
            "",
            "def tokenizer():",
            "    state = read_state(FILE)  # key -> tensor, read as data: nothing of the file is run",
            "    model = MyModel()",
            "    model.load_state_dict(state)",
            *[f"    {line}" if line else "" for line in body],
            *[f"        {line}" for line in facts],
            "    )",
            "",
        ]
    )


def _opening(opened: OpenFile, maker: str) -> list[str]:
    """What the file begins with."""
    name = "".join(letter for letter in opened.header.path.name if letter.isalnum() or letter in "._- ")[:80]
    return [
        f'"""An adapter for {name}, drafted from its names and shapes.',
        "",
        'Put your class in, check what says "yours", then start with it:',
        "",
        f"    python app.py --adapter {NAME}",
        '"""',
        "",
        "from my_model import MyModel  # yours: the class that wrote this file",
        "",
        "from explorer.loading.reading import read_state",
        f"from explorer.tokenizers.user.adapter import {maker}",
        "",
    ]


def _parts(tensors: Mapping[str, TensorInfo], found: list[FoundTable], library: str | None, modality: str) -> list[str]:
    """The lines that lead to attach(..., without its facts."""
    tops = list(dict.fromkeys(key.split(".")[0] for key in tensors))
    encoder, decoder = _first(ENCODERS, tops, "encoder"), _first(DECODERS, tops, "decoder")
    before, after = _first(BEFORE, tops, ""), _first(AFTER, tops, "")
    encoded = f"model.{encoder}(media)"
    decoded = f"model.{after}(latents)" if after else "latents"
    lines = [
        "",
        f"def encode(media):  # {GIVEN[modality]} -> latents (B, D, {LAID[modality]})",
        f"    return {f'model.{before}({encoded})' if before else encoded}",
        "",
        "def decode(latents):  # the same latents, quantized -> media",
        f"    return model.{decoder}({decoded})",
        "",
    ]
    if library is not None:
        return [*lines, "return attach(", "    encode,", "    decode,", f"    {_attribute(library)},"]
    return [
        *lines,
        "return attach(",
        "    encode,",
        "    decode,",
        f"    codebook={_table(found[0])},  # {_size(found[0])}",
    ]


def _functions(found: list[FoundTable], modality: str) -> list[str]:
    """The lines that lead to adapt(..., without its facts: of several tables, or of none."""
    several = len(found) > 1 or (found and found[0].tables > 1)
    codes = f"codes (B, {LAID[modality]})" + (", a list of one a level" if several else "")
    lines = [
        "",
        f"def encode(media):  # {GIVEN[modality]} -> {codes}",
        "    return model.encode(media)  # yours",
        "",
        "def decode(codes):  # the same codes -> media",
        "    return model.decode(codes)  # yours",
        "",
    ]
    if not found:
        return [
            *lines,
            "return adapt(",
            "    encode,",
            "    decode,",
            "    codebook=1024,  # yours: how many codes there are",
        ]
    tables = [_table(table, part) for table in found for part in range(table.tables)]
    return [
        *lines,
        "tables = [",
        *[f"    {table}," for table in tables],
        "]",
        "return adapt(",
        "    encode,",
        "    decode,",
        "    codebook=tables,",
    ]


def _table(table: FoundTable, part: int = 0) -> str:
    """The expression of one table (K, D)."""
    whole = f"state[{table.key!r}]"
    if len(table.shape) == 3:
        whole = f"{whole}[{part}]"
    if table.transposed:
        whole = f"{whole}.T"
    if table.summed:
        counts = f"state[{table.counts!r}]" + (f"[{part}]" if table.tables > 1 else "")
        whole = f"{whole} / {counts}.reshape(-1, 1).clamp(min=1e-5)"
    return whole


def _size(table: FoundTable) -> str:
    return f"{count_of(table.codes, 'code')} of {count_of(table.dim, 'dimension')}"


def _library(found: list[FoundTable]) -> str | None:
    """The path of the module of vector-quantize-pytorch that holds all tables, "" for the model itself; else None."""
    paths = set()
    for table in found:
        match = LIBRARY.fullmatch(table.key)
        if match is None:
            return None
        path = match[1] or ""
        layer = LAYER.fullmatch(path)
        paths.add((layer[1] or "") if layer else path)
    return paths.pop() if len(paths) == 1 else None


def _attribute(path: str) -> str:
    """ "model.quantizer.layers[0]" of "quantizer.layers.0"."""
    return "model" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split(".") if part)


def _first(names: tuple[str, ...], there: list[str], default: str) -> str:
    return next((name for name in names if name in there), default)


def _modality(tensors: Mapping[str, TensorInfo]) -> str:
    """By the axes of most convolutions; pictures where there are none."""
    axes = [len(info.shape) for key, info in tensors.items() if key.endswith(("weight", "weight_v", "original1"))]
    counted = {count: axes.count(count) for count in WAVES}
    return WAVES[max(counted, key=lambda count: (counted[count], count == 4))]


def _downsampling(tensors: Mapping[str, TensorInfo], modality: str) -> tuple[int, str]:
    """A guess of how many pixels or samples a token stands for, and of what it is made."""
    axes = {3: "audio", 4: "image", 5: "video"}
    kernels = [
        info.shape[-1]
        for key, info in tensors.items()
        if axes.get(len(info.shape)) == modality
        and re.match(rf"(?:{'|'.join(ENCODERS)})\.", key)
        and key.endswith(("weight", "weight_v", "original1"))
    ]
    even = [kernel // 2 for kernel in kernels if kernel >= 4 and kernel % 2 == 0]  # twice their stride, mostly
    halved = len({key.rpartition("downsample")[0] for key in tensors if "downsample" in key and key.startswith("enc")})
    size = 2**halved
    for stride in even:
        size *= stride
    unit = "samples" if modality == "audio" else "pixels"
    if not 1 < size <= 4096:
        return (320 if modality == "audio" else 8), f"yours: {unit} a token stands for"
    return size, f"a guess from the encoder's strides: {unit} a token stands for"
