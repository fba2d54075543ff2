"""Modules of the transformers library: made empty from a config and, once filled, completed with what files lack."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from explorer.foundation.errors import CheckpointError
from explorer.foundation.registry import load_dotted
from explorer.joints.record import Codebook
from explorer.tokenizers.codec import CodecLevel

MOST_LAYERS = 1024  # of anything that a config counts: what is built costs time even without weights
# What a stranger's config.json may not decide: code, precision, kernels.
UNHEARD = (
    *("auto_map", "torch_dtype", "dtype", "attn_implementation"),
    *("quantization_config", "use_cache", "use_streaming"),
)
COUNTS = ("layers", "blocks", "quantizers", "codebooks", "heads", "groups", "units")
INSIDE = ("dac", "hubert", "wavlm", "wav2vec2", "wav2vec2-bert")  # the models that a config may name within itself


def library_class(path: str) -> type:
    """A class of transformers by "module:name". Raises CheckpointError where the library is missing."""
    try:
        return load_dotted(f"transformers.{path}")
    except ImportError as error:
        raise CheckpointError(f"This needs the transformers library: pip install transformers ({error}).") from error


def library_config(path: str, config: Mapping[str, object]) -> object:
    """The library's config object of a config.json. Raises CheckpointError for what it does not take."""
    heard = {key: value for key, value in _heard(config).items() if key != "model_type"}
    kind = library_class(path)
    try:
        return kind.from_dict(heard)
    except Exception as error:  # whatever a stranger's values make the library say
        raise CheckpointError(f"config.json does not describe a {kind.__name__}: {_line(error)}") from error


def library_module(path: str, *arguments: object) -> nn.Module:
    """A module of the library on the device in force: the meta device while loading. Raises CheckpointError."""
    kind = library_class(path)
    try:
        return kind(*arguments).eval()
    except Exception as error:
        raise CheckpointError(f"config.json asks for a {kind.__name__} that cannot be made: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _heard(config: Mapping[str, object]) -> dict[str, object]:
    """A config without what it may not decide. Raises CheckpointError for counts beyond reason and foreign models."""
    heard = {}
    for key, value in config.items():
        if key in UNHEARD or key.startswith("_"):
            continue
        if isinstance(value, Mapping):
            named = value.get("model_type")
            if named is not None and named not in INSIDE:
                raise CheckpointError(f"config.json: {key} is a {str(named)[:40]!r}, none of {', '.join(INSIDE)}.")
            value = _heard(value)
        if isinstance(value, (int, float)) and key.endswith(COUNTS) and not -1 <= value <= MOST_LAYERS:
            raise CheckpointError(f"config.json: {key} is {value}; at most {MOST_LAYERS} was expected.")
        if isinstance(value, float) and not math.isfinite(value):
            raise CheckpointError(f"config.json: {key} is {value}; a finite number was expected.")
        heard[key] = value
    return heard


@torch.no_grad()
def complete(model: nn.Module) -> None:
    """Make the buffers that no file holds (strides, windows, frequencies) by the library's own rules.

    Only modules with such buffers are asked, and only these buffers can change: the rest is marked as loaded, as the
    library's own loading does. Raises CheckpointError if a buffer is left unmade.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        tensor._is_hf_initialized = True
    made = []
    for owner, module in _with_owners(model):
        unmade = [name for name, buffer in module._buffers.items() if buffer is not None and buffer.is_meta]
        for name in unmade:
            buffer = module._buffers[name]
            blank = float("nan") if buffer.is_floating_point() else -1
            module._buffers[name] = torch.full(buffer.shape, blank, dtype=buffer.dtype)
            made.append((f"{type(module).__name__}.{name}", module._buffers[name]))
        if unmade:
            owner._init_weights(module)
    left = [name for name, buffer in made if bool((buffer.isnan() if buffer.is_floating_point() else buffer < 0).any())]
    if left:
        raise CheckpointError(f"These parts of the model could not be made: {', '.join(left[:4])}.")


def _with_owners(model: nn.Module, owner: nn.Module | None = None) -> list[tuple[nn.Module, nn.Module]]:
    """Every module with the innermost model of the library that it lies in."""
    owner = model if hasattr(model, "_init_weights") else owner
    found = [(owner, model)]
    for child in model.children():
        found += _with_owners(child, owner)
    return found


def drop(module: nn.Module, *names: str) -> None:
    """Let go of submodules and buffers that tokenizing never uses, before anything is read for them."""
    for name in names:
        delattr(module, name)


def residual_stages(latents: Tensor, layers: Sequence[nn.Module]) -> list[CodecLevel]:
    """Residual quantization through layers with `encode` and `decode`: latents (B, D, T) -> a stage a layer."""
    stages, residual = [], latents
    for layer in layers:
        indices = layer.encode(residual)  # (B, T)
        quantized = layer.decode(indices)  # (B, D, T)
        stages.append(CodecLevel(indices, residual.transpose(1, 2), quantized.transpose(1, 2)))
        residual = residual - quantized
    return stages


def kept_only(vectors: Tensor, kept: Tensor | None) -> Tensor:
    """vectors (B, D, *shape), zero where the booleans (B, *shape) say that a token is left out."""
    return vectors if kept is None else vectors.where(kept[:, None], 0)


DECAY = 0.99  # of the quantizers of EnCodec, Mimi and X-Codec


def table_of(vectors: Tensor, counts: Tensor | None = None) -> Codebook:
    """A table of codes with the counts of training, if any were kept: moving averages of those of a step, by DECAY;
    numpy shares the memory of the weights."""
    kept = counts is not None and bool((counts > 0).any())
    seen = counts.float().cpu().numpy() if kept else None
    return Codebook(*vectors.shape, "euclidean", vectors.float().cpu().numpy(), counts=seen, counts_decay=DECAY)
