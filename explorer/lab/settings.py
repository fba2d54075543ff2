"""LabSettings: everything that decides a run of the training lab, as plain values that a link or a JSON file can hold.

Which quantizers, strategies, ... there are is asked of `explorer.quantizers` when a run is built; here only what can
be checked without torch is checked, and an error names the control that it belongs to.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches

from explorer.foundation.errors import FieldError, SettingsError
from explorer.lab.control import LATTICES, STARTED
from explorer.lab.controls import CONTROLS
from explorer.quantizers.lab_spec import LabSpec
from explorer.quantizers.lab_specs import lab_specs, own_controls

MAX_CODES = 4096  # a level; frames carry all of them
MAX_POINTS = 2000  # drawn by hand
MAX_LATENTS, MAX_VALUES, MAX_SCORES = 2**16, 2**24, 2**25  # of one batch, so that one visitor cannot fill the memory
DIGITS_PX = {"digits": 8, "digits28": 28}  # side of a picture; 28 is that of MNIST, which course assignments are about
PICTURES = (*DIGITS_PX, "patches")


def with_own_fields(settings: type) -> type:
    """The class with a field more for each setting that a single quantizer brings. Raises ValueError where two have a
    name."""
    for control in own_controls():
        if hasattr(settings, control.name):
            raise ValueError(
                f"The lab has a setting {control.name!r} already: give that of the quantizer another name."
            )
        settings.__annotations__[control.name] = type(control.default).__name__
        setattr(settings, control.name, control.default)
    return settings


@dataclass(frozen=True)
@with_own_fields
class LabSettings:
    """One run. `controls.py` says of each field what it means, its range, and whether a change starts the run anew.

    Beside the fields below it has those that one quantizer brings alone (`LabSpec.fields`), such as `temperature`.
    """

    # data
    dataset: str = "ring"
    points: tuple[tuple[float, float], ...] = ()  # for dataset "drawn"
    drift: float = 0.5  # turns of the drifting mixture in 1,000 steps
    patch_px: int = 16  # side of the photo patches
    batch_size: int = 512
    seed: int = 0
    # model
    model: str = "mlp"
    dim: int = 2
    reconstruction: str = "l2"
    lr: float = 1e-3
    warm_up: int = 0
    # quantizer
    quantizer: str = "vq"
    codebook_size: int = 64
    num_quantizers: int = 2
    metric: str = "euclidean"
    update: str = "ema"
    em_temperature: float = 0.1
    decay: float = 0.99
    epsilon: float = 1e-5
    beta: float = 0.25
    gradient: str = "ste"
    codebook_lr: float = 1e-3
    entropy_weight: float = 0.1
    diversity: float = 1.0
    inverse_temperature: float = 100.0
    # initialization
    initialization: str = "gaussian"
    init_scale: float = 1.0
    init_offset: float = 0.0
    # reseeding
    reseeding: str = "none"
    dead_by: str = "ema_count"
    threshold: float = 0.5
    patience: int = 100
    healthy_share: float = 0.9
    every: int = 10
    reseed_noise: float = 0.01
    top_fraction: float = 0.05
    reservoir_size: int = 4096
    fresh_statistics: bool = True
    # regularizers: weight of each extra loss term
    soft_entropy: float = 0.0
    kl_to_uniform: float = 0.0
    norm: float = 0.0
    repulsion: float = 0.0
    orthogonality: float = 0.0
    variance: float = 0.0
    contrastive: float = 0.0
    vicreg: float = 0.0

    def __post_init__(self) -> None:
        for check in (_check_numbers, _check_data, _check_sizes, _check_start, _check_load):
            check(self)

    @property
    def latent_dim(self) -> int:
        """D of the latents: without a model, the latents are the data."""
        if self.model != "none":
            return self.dim
        return self.values_an_item

    @property
    def latents_an_item(self) -> int:
        """Latents that one item of a batch becomes: a grid of (side / 4)^2 of the convolutional model, else one."""
        if self.model != "conv":
            return 1
        return (DIGITS_PX.get(self.dataset, self.patch_px) // 4) ** 2

    @property
    def values_an_item(self) -> int:
        """Numbers that one item of the data is made of."""
        if self.dataset in DIGITS_PX:
            return DIGITS_PX[self.dataset] ** 2
        return 3 * self.patch_px**2 if self.dataset == "patches" else 2

    @property
    def codes(self) -> int:
        """K of each level, also where a rule gives it: L^D of FSQ, 2^D of LFQ and BSQ."""
        return self.axis_values**self.latent_dim if self.axis_values else self.codebook_size

    @property
    def spec(self) -> LabSpec:
        """What the lab knows of the quantizer."""
        return lab_specs()[self.quantizer]

    @property
    def axis_values(self) -> int:
        """Values of each axis of a lattice; 0 where the codes are a table."""
        values = self.spec.axis_values
        return getattr(self, values) if isinstance(values, str) else values

    def changed(self, changes: Mapping[str, object]) -> LabSettings:
        """With some fields changed. Raises FieldError for one that is unknown, or a value that cannot be."""
        if not isinstance(changes, Mapping):
            raise SettingsError("Changes of settings must be an object of names and values.")
        types = {field.name: type(field.default) for field in fields(self)}
        values = {}
        for name, value in changes.items():
            if name not in types:
                near = get_close_matches(str(name), types, n=3)
                meant = f" Was {' or '.join(near)} meant?" if near else ""
                raise FieldError(name, f"There is no setting {_shown(name)}.{meant}")
            values[name] = _cast(name, value, types[name])
        return replace(self, **values)

    def to_json(self) -> str:
        """Only what differs from the default, so that a link stays short."""
        default = asdict(LabSettings())
        return json.dumps({name: value for name, value in asdict(self).items() if value != default[name]})


def settings_from_json(text: str) -> LabSettings:
    """The inverse of `to_json`. Raises FieldError, or SettingsError if it is no JSON object."""
    try:
        values = json.loads(text or "{}")
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError(f"The settings are not JSON: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError('The settings must be a JSON object, such as {"codebook_size": 32}.')
    return LabSettings().changed(values)


def _shown(value: object) -> str:
    """A value for a message; anything deep or huge only by its kind, since writing it out can fail."""
    if isinstance(value, (str, float, bool)) or value is None:
        return repr(value[:60] if isinstance(value, str) else value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "so large a number"
    return f"a {type(value).__name__}"


def _cast(name: str, value: object, kind: type) -> object:
    """`value` as the type of its field, or FieldError."""
    wrong = FieldError(name, f"{name} cannot be {_shown(value)}.")
    if kind is tuple:
        return _points(value)
    if kind is bool or isinstance(value, bool):
        if not (isinstance(value, bool) and kind is bool):
            raise wrong
        return value
    if kind is str:
        if not isinstance(value, str):
            raise wrong
        return value
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if not math.isfinite(number) or (kind is int and number != int(number)):
        raise FieldError(name, f"{name} must be a {'whole' if kind is int else 'finite'} number, got {_shown(value)}.")
    return kind(number)


def _points(value: object) -> tuple[tuple[float, float], ...]:
    wrong = FieldError("points", "Points must be pairs of numbers.")
    if not isinstance(value, (list, tuple)):
        raise wrong
    if len(value) > MAX_POINTS:
        raise FieldError("points", f"At most {MAX_POINTS:,} points can be drawn, got {len(value):,}.")
    for pair in value:
        if not (isinstance(pair, (list, tuple)) and len(pair) == 2 and all(type(x) in (int, float) for x in pair)):
            raise wrong
        if not all(abs(x) <= 100 for x in pair):
            raise FieldError("points", "Points must lie between -100 and 100.")
    return tuple((float(x), float(y)) for x, y in value)


def _check_numbers(s: LabSettings) -> None:
    """Each number for itself: (lowest, highest), both allowed."""
    for control in CONTROLS:
        value = getattr(s, control.name)
        if control.options and value not in [option for option, _ in control.options]:
            valid = ", ".join(str(option) for option, _ in control.options)
            raise FieldError(control.name, f"{control.label} cannot be {_shown(value)}; it is one of {valid}.")
        if control.lowest is not None and not control.lowest <= value <= control.highest:
            bounds = f"from {control.lowest:g} to {control.highest:g}"
            raise FieldError(control.name, f"{control.label} must be {bounds}, got {value:g}.")


def _check_data(s: LabSettings) -> None:
    if s.dataset == "drawn" and not s.points:
        raise FieldError("dataset", "Nothing is drawn yet: draw some points on the plane first.")
    if s.model == "conv" and s.dataset not in PICTURES:
        raise FieldError("model", "The convolutional model needs pictures: choose digits or photo patches as data.")
    if s.model == "none" and s.dataset in ("patches", "digits28"):
        what = "Photo patches" if s.dataset == "patches" else "Digits of 28 x 28 px"
        raw = f"raw they have {s.values_an_item:,} dimensions"
        raise FieldError("model", f"{what} need a model: {raw}. Choose MLP or conv.")


def _check_sizes(s: LabSettings) -> None:
    dim, spec = s.latent_dim, s.spec
    if s.model == "none" and s.quantizer in LATTICES and 2**dim > MAX_CODES:
        what = f"{spec.label} gives each of the {dim} dimensions of the data at least 2 values"
        raise FieldError("model", f"{what}: more than {MAX_CODES:,} codes. Choose a model, so that D can be lower.")
    for name, value, why in spec.refuses:
        if getattr(s, name) == value:
            raise FieldError(name, why)
    if s.axis_values and s.codes > MAX_CODES:
        if isinstance(spec.axis_values, str):
            what = f"{spec.label} with {s.axis_values} levels on each of {dim} axes"
            raise FieldError(spec.axis_values, f"{what} has more than {MAX_CODES:,} codes. Lower the levels, or D.")
        most = math.floor(math.log(MAX_CODES, s.axis_values))
        what = f"{spec.label} with {dim} {'bits' if s.axis_values == 2 else 'axes'}"
        raise FieldError("dim", f"{what} has more than {MAX_CODES:,} codes. Lower D to {most}.")
    if spec.joint_codes and s.codebook_size * s.num_quantizers > spec.joint_codes:
        what = f"{spec.label} learns all codes together, at most {spec.joint_codes:,}"
        raise FieldError(
            "codebook_size", f"{what}: {s.num_quantizers} levels of {s.codebook_size:,} are more. Lower K."
        )
    if spec.splits and dim % s.num_quantizers:
        raise FieldError("num_quantizers", f"{s.num_quantizers} groups do not divide {dim} dimensions.")


def _check_start(s: LabSettings) -> None:
    per_batch = s.batch_size * s.latents_an_item
    if s.initialization == "kmeans" and s.quantizer in STARTED and per_batch < s.codebook_size:
        raise FieldError(
            "batch_size",
            f"k-means initialization needs at least as many latents in a batch as codes: {per_batch:,} latents, "
            f"K = {s.codebook_size:,}. Raise the batch size or lower K.",
        )


def _check_load(s: LabSettings) -> None:
    """What one batch takes of the memory."""
    mixed = s.spec.scores_all or (s.update == "soft_em" and "update" in s.spec.names)
    codes = s.codes if mixed else 1  # of which sizes were checked before
    latents = s.batch_size * s.latents_an_item
    for name, amount, limit in (
        ("latents", latents, MAX_LATENTS),
        ("numbers", s.batch_size * s.values_an_item, MAX_VALUES),
        ("scores of codes", latents * codes, MAX_SCORES),
    ):
        if amount > limit:
            raise FieldError(
                "batch_size", f"A batch would hold {amount:,} {name}; the limit is {limit:,}. Lower the batch size."
            )
