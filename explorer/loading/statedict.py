"""From what a pickle built to named tensors: wrapping dicts, whole modules, and which of several sets is the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError
from explorer.loading.pickle_names import StoredTensor
from explorer.loading.pickles import NAME_LETTERS, Shell, check_name

# Names of the dict around the model, most telling first; an average of the weights comes after the weights.
WRAPPERS = (
    *("state_dict", "model_state_dict", "model", "module", "net", "network", "weights", "params"),
    *("vqmodel", "vqvae", "vae", "vqgan", "autoencoder", "tokenizer", "codec", "generator", "gen"),
    *("ema", "state_dict_ema", "model_ema", "ema_model", "ema_state_dict", "params_ema"),
)
_NOT_A_MODEL = ("optim", "lr_sched", "sched", "loss", "discriminator", "disc_", "callbacks", "loops", "scaler", "rng")
MOST_DEPTH = 100
MOST_NODES = 2_000_000
MOST_WORDS = 300  # characters of a scalar that is text
LONG_WORDS = {"xp.cfg": 2**18}  # of texts that a format reads: AudioCraft's config
BEST = ("best_state", "fsdp_best_state")  # dicts of the weights that training found to be the best


@dataclass
class StateTensors:
    """groups: path of the wrapping dicts, joined by "/" -> its tensors. scalars: path -> plain value."""

    groups: dict[str, dict[str, StoredTensor]] = field(default_factory=dict)
    scalars: dict[str, object] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)  # parts that are no model -> their tensors
    nodes: int = 0
    tensors: int = 0


def collect(root: object, limits: Limits) -> StateTensors:
    """Every tensor and plain value of what a file holds. Raises CheckpointError for more than the limits allow."""
    found = StateTensors()
    if isinstance(root, StoredTensor):
        root = {"tensor": root}
    _walk(root, (), (), found, limits)
    return found


def choose(groups: Mapping[str, Mapping[str, StoredTensor]]) -> str:
    """The path of the group that is the model: by its name, or else the one with the most tensors."""

    def rank(path: str) -> tuple[bool, int, int]:
        parts = path.split("/")
        named = WRAPPERS.index(parts[-1]) if parts[-1] in WRAPPERS else len(WRAPPERS)
        return (parts[0] not in BEST, named, -len(groups[path]))

    # A few stray tensors at the top (a step, a scale) do not make the top the model.
    most = max(len(group) for group in groups.values())
    top = len(groups.get("", ()))
    return "" if top and 2 * top >= most else min((path for path in groups if path), key=rank)


def _walk(value: object, group: tuple[str, ...], inside: tuple[str, ...], found: StateTensors, limits: Limits) -> None:
    """group: names of the wrapping dicts. inside: names of the modules within it."""
    parts = (value.state, value.items) if isinstance(value, Shell) else (value,)
    # What it lists counts each time that something names it: a few lists within lists can name a thing without end.
    found.nodes += 1 + sum(len(part) for part in parts if isinstance(part, (dict, list, tuple)))
    if found.nodes > MOST_NODES or len(group) + len(inside) > MOST_DEPTH:
        raise CheckpointError(f"The file nests deeper than {MOST_DEPTH}, or lists more than {MOST_NODES:,} things.")
    if isinstance(value, StoredTensor):
        _add(value, group, inside, found, limits)
    elif isinstance(value, Shell):
        _walk_shell(value, group, inside, found, limits)
    elif isinstance(value, dict):
        _walk_dict(value, group, inside, found, limits)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            if inside or isinstance(item, StoredTensor):
                _walk(item, group, (*inside, str(number)), found, limits)
            elif isinstance(item, (Shell, dict, list, tuple)):
                _walk(item, (*group, str(number)), (), found, limits)
    elif isinstance(value, (bool, int, float, str)):
        name = "/".join(_named(group, inside)).strip("/")
        if not isinstance(value, str) or len(value) <= LONG_WORDS.get(name, MOST_WORDS):
            found.scalars[name] = value


def _walk_dict(
    value: dict, group: tuple[str, ...], inside: tuple[str, ...], found: StateTensors, limits: Limits
) -> None:
    for key, item in value.items():
        name = str(key)
        if inside or isinstance(item, StoredTensor):  # a leaf, or a part of a module
            _walk(item, group, (*inside, name), found, limits)
        else:
            _walk(item, (*group, name), (), found, limits)


def _walk_shell(
    value: Shell, group: tuple[str, ...], inside: tuple[str, ...], found: StateTensors, limits: Limits
) -> None:
    """A module, by its own three dicts or, from TorchScript, by its attributes; of others what they hold."""
    state = value.state
    if isinstance(state, tuple) and state and isinstance(state[0], (dict, type(None))):
        state = state[0] or {}
    if isinstance(state, dict) and isinstance(state.get("_modules"), dict):
        absent = state.get("_non_persistent_buffers_set")
        absent = {name for name in absent if isinstance(name, str)} if isinstance(absent, list) else ()
        for own in ("_parameters", "_buffers", "_modules"):
            for name, item in (state.get(own) or {}).items():
                if item is not None and not (own == "_buffers" and name in absent):
                    _walk(item, group, (*inside, str(name)), found, limits)
        for name, item in state.items():
            if isinstance(item, (bool, int, float, str)) and not str(name).startswith("_"):
                _walk(item, group, (*inside, str(name)), found, limits)
        return
    for part in (state, value.items):
        if isinstance(part, (dict, list)):
            for name, item in part.items() if isinstance(part, dict) else enumerate(part):
                _walk(item, group, (*inside, str(name)), found, limits)


def _add(
    tensor: StoredTensor, group: tuple[str, ...], inside: tuple[str, ...], found: StateTensors, limits: Limits
) -> None:
    found.tensors += 1
    if found.tensors > limits.checkpoint_tensors:
        raise CheckpointError(f"The file holds more than {limits.checkpoint_tensors:,} tensors.")
    path, name = _named(group, inside)
    check_name(f"{path}/{name}")
    if any(part.lower().startswith(_NOT_A_MODEL) for part in group):
        found.left[group[0]] = found.left.get(group[0], 0) + 1
        return
    found.groups.setdefault(path, {})[name or "tensor"] = tensor


def _named(group: tuple[str, ...], inside: tuple[str, ...]) -> tuple[str, str]:
    """The path of the wrapping dicts and the name within. Raises CheckpointError for names that nobody could read."""
    letters = sum(map(len, group)) + sum(map(len, inside))
    if letters > NAME_LETTERS:
        raise CheckpointError(f"The file names a part with {letters:,} letters; {NAME_LETTERS:,} may be.")
    return "/".join(group), ".".join(inside)
