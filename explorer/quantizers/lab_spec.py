"""LabSpec: what the training lab has to know of a quantizer, written as `LAB` in the quantizer's own file.

Pages list controls before torch is there (importing it takes seconds), and a quantizer's file needs torch. So `LAB` is
read from the source, as packaging tools read a version: plain values and the constructors of this file, nothing is
run. `build` alone is a function of the file; it is asked for when a run is built.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

Options = tuple[tuple[Any, str], ...]
REGULARIZER_FIELDS = (
    *("soft_entropy", "kl_to_uniform", "norm", "repulsion", "orthogonality", "variance", "contrastive", "vicreg"),
)
# Settings that several quantizers take, under one name for all of them.
BUNDLES: Mapping[str, tuple[str, ...]] = {
    "codebook_options": (  # of `CodebookOptions`
        *("metric", "update", "em_temperature", "decay", "epsilon", "beta", "gradient"),
        *("initialization", "init_scale", "init_offset"),
        *("reseeding", "dead_by", "threshold", "patience", "healthy_share", "every", "reseed_noise", "top_fraction"),
        *("reservoir_size", "fresh_statistics", *REGULARIZER_FIELDS),
    ),
    "entropy_terms": ("entropy_weight", "diversity", "inverse_temperature"),  # of a lattice of signs
}


@dataclass(frozen=True)
class Control:
    """One setting of the lab as the page shows it.

    name: of the field of LabSettings. kind: "choice", "slider" or "toggle". log: the slider moves in ratios. when: for
    which other settings it has any effect: {"quantizer": ("vq",)}; elsewhere it is hidden. restarts: a change starts
    the run anew with the same seed; all others act on the run that is going.

    Of a setting that a quantizer brings alone, default: its value where nobody chose; after: the control that it stands
    behind on the page.
    """

    name: str
    label: str
    group: str
    kind: str
    help: str
    options: Options = ()
    lowest: float | None = None
    highest: float | None = None
    step: float = 0.0  # 0: any value
    log: bool = False
    unit: str = ""
    restarts: bool = False
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    default: Any = None
    after: str = "gradient"

    def as_json(self) -> dict[str, Any]:
        """As `lab/controls/controls.js` reads it."""
        values = {name: value for name, value in asdict(self).items() if name not in ("default", "after")}
        return values | {"when": {name: list(of) for name, of in self.when.items()}}


def choice(name: str, label: str, group: str, help: str, options: Options, **more: Any) -> Control:
    """One of several ids. options: (id, title) of each. more: further fields of `Control`."""
    return Control(name, label, group, "choice", help, options=options, **more)


def slider(name: str, label: str, group: str, help: str, lowest: float, highest: float, **more: Any) -> Control:
    """A number from lowest to highest, both allowed. more: further fields of `Control`, such as `step` and `log`."""
    return Control(name, label, group, "slider", help, lowest=lowest, highest=highest, **more)


def toggle(name: str, label: str, group: str, help: str, **more: Any) -> Control:
    """Yes or no. more: further fields of `Control`."""
    return Control(name, label, group, "toggle", help, **more)


@dataclass(frozen=True)
class Inert:
    """The named controls do nothing where all conditions of `when` hold; `reason` says so in a sentence."""

    names: tuple[str, ...]
    when: Mapping[str, tuple[Any, ...]]
    reason: str


class LabValues(Protocol):
    """LabSettings, as `build` is given them: D of the latents, latents of one item of a batch, and every field."""

    latent_dim: int
    latents_an_item: int

    def __getattr__(self, name: str) -> Any: ...


@dataclass(frozen=True)
class LabSpec:
    """label: on the page. takes: the settings of the lab that act on it, or a name of BUNDLES. fields: the controls of
    settings that it alone has. build(settings) makes it. inert: where one of its controls does nothing.

    axis_values: 0 where K is `codebook_size`; of a lattice, whose K is axis_values^D, that number or the setting that
    holds it. scores_all: it keeps a score of every code for every latent at once. splits: it cuts D in
    `num_quantizers` groups. projects: what is searched is another point than the latent. learns_alone: parameters of
    its own learn from its losses, or from the output, also where there is no model. bound: settings that then act on
    nothing of them, but on latents alone. refuses: a setting, the value that
    it cannot have, and why. joint_codes: how many codes all levels may have together, 0 for as many as the lab takes.
    """

    label: str
    takes: tuple[str, ...] = ()
    fields: tuple[Control, ...] = ()
    build: Callable[[LabValues], Any] | None = None
    inert: tuple[Inert, ...] = ()
    axis_values: int | str = 0
    scores_all: bool = False
    splits: bool = False
    projects: bool = False
    learns_alone: bool = False
    bound: tuple[str, ...] = ()
    refuses: tuple[tuple[str, Any, str], ...] = ()
    joint_codes: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Every setting that acts on it."""
        taken = [name for one in self.takes for name in BUNDLES.get(one, (one,))]
        return (*taken, *(control.name for control in self.fields))


_CALLS: Mapping[str, Callable[..., Any]] = {one.__name__: one for one in (LabSpec, Inert, choice, slider, toggle)}


def read_spec(source: str) -> LabSpec | None:
    """`LAB` of the text of a quantizer's file without its `build`, None where there is none.

    Raises ValueError for what is neither a plain value nor a call of this file's constructors.
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["LAB"]:
            return _value(node.value)
    return None


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_value(one) for one in node.elts)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALLS:
        named = {one.arg: _value(one.value) for one in node.keywords if one.arg and one.arg != "build"}
        return _CALLS[ast.unparse(node.func)](*(_value(one) for one in node.args), **named)
    return ast.literal_eval(node)
