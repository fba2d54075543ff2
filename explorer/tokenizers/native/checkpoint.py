"""Checkpoints of the zoo on disk: <id>/model.safetensors + config.json (+ curve.json, card.md).

Only safetensors is read: a pickle is refused by its first bytes, before anything is loaded. Everything is written
beside its place and renamed, so that a full disk or an interruption leaves the old file whole.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from explorer.foundation.config import Limits, settings
from explorer.foundation.errors import CheckpointError, ExplorerError, SettingsError
from explorer.foundation.files import make_folder, write_atomically
from explorer.joints.table_faults import can_be_shown
from explorer.tokenizers.native.eight_bits import is_scale, pack, unpack
from explorer.tokenizers.native.model import TokenizerModel, build_model
from explorer.tokenizers.native.specs import CONFIG, SHARES, read_config

WEIGHTS = "model.safetensors"
TRAINING_ONLY = ("reservoir.", "ema_sum", "ever_used")  # state that tokenizing never reads
SHARED = ("encoder.", "quantizer.")  # what a checkpoint has from the one that its config says it `shares` with
TABLES = ("vectors", "table")  # what quantizers call the codes that they hold
LOOPS_AT_MOST = 1000


def is_needed(name: str) -> bool:
    """Whether tokenizing needs the tensor of that name."""
    return not any(part in name for part in TRAINING_ONLY)


def save_checkpoint(folder: Path, model: TokenizerModel, config: Mapping) -> None:
    """Write weights (networks as `eight_bits.pack` has them, the quantizer in float32) and config.

    Where the config says which checkpoint it `shares` encoder and codes with, the decoder alone is written.
    """
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        if is_needed(name) and not (config.get(SHARES) and name.startswith(SHARED)):
            one = tensor.detach().cpu().contiguous()
            exact = not one.is_floating_point() or name.startswith("quantizer.")
            tensors |= {name: one} if exact else pack(name, one)
    make_folder(folder)
    write_atomically(folder / WEIGHTS, save(tensors))
    write_atomically(folder / CONFIG, json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n")


def load_model(folder: Path, limits: Limits | None = None) -> TokenizerModel:
    """Build the model of config.json and fill it. Raises CheckpointError with the key or shape that is wrong."""
    limit = (limits or settings().limits).checkpoint_bytes
    config = read_config(folder)
    model = _build(config, folder.name, limit)
    _check_sizes(config, model, folder.name)
    expected = model.state_dict()
    if config.get(SHARES):
        expected = {name: tensor for name, tensor in expected.items() if not name.startswith(SHARED)}
        _take_shared(model, folder, str(config[SHARES]), limits)
    model.load_state_dict(read_tensors(folder / WEIGHTS, expected, limit), strict=False)
    return model.eval()


def _take_shared(model: TokenizerModel, folder: Path, name: str, limits: Limits | None) -> None:
    """Encoder and codes of the checkpoint of that name, beside this one or among those of the app."""
    places = [root / name for root in (folder.parent, settings().checkpoints) if (root / name / CONFIG).is_file()]
    if not places or Path(name).name != name or read_config(places[0]).get(SHARES):
        raise CheckpointError(f"checkpoint {folder.name!r} has its encoder and codes from {name!r}, which is not here")
    other = load_model(places[0], limits).state_dict()
    try:
        found = model.load_state_dict({key: one for key, one in other.items() if key.startswith(SHARED)}, strict=False)
    except RuntimeError as error:
        raise CheckpointError(f"encoder and codes of {name!r} do not fit checkpoint {folder.name!r}") from error
    if found.unexpected_keys or any(key.startswith(SHARED) for key in found.missing_keys):
        raise CheckpointError(f"encoder and codes of {name!r} do not fit checkpoint {folder.name!r}")


def _build(config: Mapping, name: str, limit_bytes: int) -> TokenizerModel:
    """The model that a config describes, if its size is one that a model can have."""
    try:
        architecture, quantizer = config["architecture"], config["quantizer"]
        size = described_bytes(quantizer["config"], architecture)
        if not size <= limit_bytes:
            raise SettingsError(f"about {size / 2**30:,.3g} GiB, the limit is {limit_bytes / 2**30:,.3g} GiB")
        return build_model(quantizer["id"], quantizer["config"], architecture, config.get("modality", "image"))
    except KeyError as error:
        raise CheckpointError(f"{CONFIG} of checkpoint {name!r} describes no model: it lacks {error}") from error
    except (TypeError, ValueError, RuntimeError, ArithmeticError, ExplorerError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"{CONFIG} of checkpoint {name!r} describes no model: {reason}") from error


def described_bytes(quantizer: Mapping, architecture: Mapping) -> float:
    """About how much memory a config asks for, from its numbers alone, so that an absurd one takes none.

    Codes with their statistics, reservoirs, and the convolutions of the blocks and between them, all float32. Raises
    SettingsError for numbers that Python counts through and that no model has.
    """
    strides = architecture.get("strides", ())
    places = (architecture.get("side", 0) / architecture.get("patch", 1)) ** 2 + architecture.get("tokens", 0)
    depths = [*architecture["blocks"], *strides, quantizer.get("num_quantizers", 1), quantizer.get("bits", 1)]
    axes = list(quantizer.get("levels", ()))
    for count in (*depths, *axes, len(axes)):
        if not count <= LOOPS_AT_MOST:
            raise SettingsError(f"{count:,} levels, bits, blocks or samples, at most {LOOPS_AT_MOST:,} are allowed")
    codes = math.prod(float(n) for n in axes) * 2.0 ** quantizer.get("bits", 0) * quantizer.get("codebook_size", 1)
    reseeding = quantizer.get("options", {}).get("reseeding", {})
    rows = 3 * codes + (quantizer.get("sample") or 0) + reseeding.get("reservoir_size", 0)
    table = rows * max(quantizer.get("dim", 1), quantizer.get("head_dim") or 1) * quantizer.get("num_quantizers", 1)
    channels, blocks = architecture["channels"], architecture["blocks"]
    if strides:  # along time: 3 + 1 taps a block, and two strides between neighbouring rates
        inside = sum(4.0 * width**2 * count for width, count in zip(channels, blocks, strict=True))
        between = zip(channels, channels[1:], strides[1:], strict=False)
        return 4.0 * (table + 2 * (inside + sum(2.0 * a * b * stride for a, b, stride in between)))
    table += 2.0 * places * sum(channels)  # of patches and tokens, where they are learned
    return 4.0 * (table + sum(2 * 10.0 * width**2 * (1 + n) for width, n in zip(channels, blocks, strict=True)))


def _check_sizes(config: Mapping, model: TokenizerModel, name: str) -> None:
    """What the config says of codebook and tokens, which pages show before weights are read, must be true."""
    quantizer = model.quantizer
    true = {
        "codebook_size": quantizer.codebook_size,
        "num_quantizers": quantizer.num_quantizers,
        "combination": quantizer.combination,
        "downsampling": model.network.downsampling(config["architecture"]),
        "time_step": model.network.time_step,
    }
    for key, found in true.items():
        said = config.get(key, 1)
        if said != found:
            raise CheckpointError(f"{CONFIG} of checkpoint {name!r} says {key} {said}, its model has {found}")


def read_tensors(path: Path, expected: Mapping[str, Tensor], limit_bytes: int) -> dict[str, Tensor]:
    """The tensors of a safetensors file, each checked against the one it will replace before any is read."""
    refuse_pickle(path)
    where = f"{path.name} of checkpoint {path.parent.name!r}"
    if path.stat().st_size > limit_bytes:
        raise CheckpointError(f"{where} has {path.stat().st_size:,} bytes, the limit is {limit_bytes:,}")
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            scales = {name for name in names if is_scale(name, expected)}
            missing = [name for name in expected if is_needed(name) and name not in names]
            unknown = sorted(names - scales - set(expected))
            if missing or unknown:
                raise CheckpointError(
                    f"{where} does not fit its config: "
                    f"missing {', '.join(missing[:3]) or 'nothing'}, unknown {', '.join(unknown[:3]) or 'nothing'}"
                )
            for name in names - scales:
                found, want = tuple(file.get_slice(name).get_shape()), tuple(expected[name].shape)
                if found != want:
                    raise CheckpointError(f"{name} in {where} has shape {found}, the config asks for {want}")
            read = {name: file.get_tensor(name) for name in names}
            tensors = {name: unpack(name, read, where).to(expected[name].dtype) for name in names - scales}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{where} cannot be read: {error}") from error
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or bool(tensor.isfinite().all()):
            continue
        if not (_is_codebook(name, tensor) and can_be_shown(tensor.float().numpy())):
            raise CheckpointError(f"{name} in {where} holds NaN or infinite weights")
    return tensors


def _is_codebook(name: str, tensor: Tensor) -> bool:
    return name.startswith("quantizer.") and name.rpartition(".")[2] in TABLES and tensor.ndim == 2


def refuse_pickle(path: Path) -> None:
    """Raise CheckpointError for a missing file, a pickle or a zip archive (torch.save), which can run code."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise CheckpointError(f"checkpoint {path.parent.name!r} has no readable {path.name}") from error
    if head[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        raise CheckpointError(
            f"{path.name} of checkpoint {path.parent.name!r} is a pickle, which can run code when loaded; "
            "convert it to safetensors"
        )
