"""What to try, of what the lab really offers: only a control that is there, acts on this run, and can still be turned
that way is ever advised.

Each ailment lists its remedies, the likeliest first; the first that can be followed is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.foundation.errors import SettingsError
from explorer.lab.control import LATTICES, SIGNS
from explorer.lab.controls import CONTROLS
from explorer.lab.inert import acts
from explorer.lab.settings import LabSettings
from explorer.quantizers.lab_spec import Control

WELL_BELOW = 3.0  # times: a learning rate so much smaller than the default is what holds a run up
STRONG = 0.5  # weight of a regularizer from which on it outweighs what brings latents and codes together
UP, DOWN, OTHER = "up", "down", "other"
_BY_NAME = {control.name: control for control in CONTROLS}


@dataclass(frozen=True)
class Remedy:
    """Turn `control` as `words` say: to a larger value (UP), a smaller one (DOWN), any other (OTHER), or one of those
    listed. when: values of settings, or what must be true of them, for which the words are true."""

    control: str
    words: str
    to: str | tuple[Any, ...]
    when: Mapping[str, tuple[Any, ...] | Callable[[Any], bool]] = field(default_factory=dict)


Remedies = tuple[Remedy, ...]
_OF_RULES = {"quantizer": LATTICES}
_OF_LEVELS = {"quantizer": tuple(name for name in LATTICES if name not in SIGNS)}
_LATENTS = ("random_latent", "hard_example", "reservoir")  # reseeding that puts a code on a latent
_KMEANS = Remedy("initialization", "Start on the latents: choose k-means as initialization.", ("kmeans",))
_OTHER_DATA = Remedy(
    "dataset",
    "Choose other data, or another quantizer: the codes follow from the data's dimensions.",
    OTHER,
    _OF_RULES | {"model": ("none",)},
)
_FEWER: Remedies = (
    Remedy("codebook_size", "Choose fewer codes (K), or other data.", DOWN),
    Remedy("axis_levels", "Choose fewer values an axis: the codes follow from them.", DOWN),
    Remedy("dim", "Choose fewer latent dimensions: the codes follow from them.", DOWN, _OF_RULES),
    _OTHER_DATA,
)
_WRONG_SIGN = Remedy(
    "diversity",
    "Raise the diversity above 0: as it is, the entropy term spreads nothing.",
    UP,
    {"diversity": lambda now: now <= 0},
)
_SPREAD: Remedies = (
    Remedy("kl_weight", "Raise the KL weight, which spreads usage.", UP),
    _WRONG_SIGN,
    Remedy("entropy_weight", "Raise the entropy weight: it spreads usage.", UP),
    Remedy("diversity", "Raise the diversity: it spreads usage.", UP),
)
_EASE: Remedies = (
    Remedy("soft_entropy", "Lower the weight of soft entropy, which forces usage.", DOWN),
    Remedy("kl_weight", "Lower the KL weight, which forces usage.", DOWN),
    Remedy("entropy_weight", "Lower the entropy weight, which forces usage.", DOWN),
)
_RATE_UP = Remedy("codebook_lr", "Raise the codebook learning rate.", UP)
_ENCODER_UP = Remedy("lr", "Raise the learning rate of the encoder.", UP)
_DEFAULTS = {name: getattr(LabSettings, name) for name in ("lr", "codebook_lr")}
_HARDLY_LEARNS = Remedy(
    "lr",
    f"Raise the learning rate of the encoder: it is well below the default of {_DEFAULTS['lr']:g}.",
    UP,
    {"lr": lambda now: now < _DEFAULTS["lr"] / WELL_BELOW},
)
_HARDLY_FOLLOWS = Remedy(
    "codebook_lr",
    f"Raise the codebook learning rate: it is well below the default of {_DEFAULTS['codebook_lr']:g}.",
    UP,
    {"codebook_lr": lambda now: now < _DEFAULTS["codebook_lr"] / WELL_BELOW},
)
_ENCODER_DOWN = Remedy("lr", "Lower the learning rate of the encoder.", DOWN)
_RELAX: Remedies = (
    Remedy(
        "contrastive",
        "Lower the weight of the contrastive loss: it drives the latents away from their codes.",
        DOWN,
        {"contrastive": lambda now: now >= STRONG},
    ),
)
_FRESH = Remedy(
    "fresh_statistics", "Give reseeded codes fresh statistics: they keep those that they died with.", (True,)
)
_SELDOM: Remedies = (
    Remedy("patience", "Raise the patience.", UP),
    Remedy("every", "Check less often: raise the steps between checks.", UP),
)

_CLOSER: Remedies = (
    _RATE_UP,
    Remedy("beta", "Raise beta, so that the encoder brings its latents to the codes.", UP),
    Remedy("axis_levels", "Choose more values an axis.", UP),
    Remedy("dim", "Choose another number of latent dimensions, or another quantizer.", OTHER),
    Remedy("dataset", "Choose other data, or another quantizer.", OTHER),
)

REMEDIES: Mapping[str, Remedies] = {
    "dead": (
        Remedy("reseeding", "No code was ever reseeded: choose a reseeding strategy.", (*_LATENTS, "split")),
        Remedy(
            "threshold",
            "No count is below a threshold of 0, so no code is ever reseeded: raise it.",
            UP,
            {"threshold": (0.0,)},
        ),
        Remedy("every", "No code was reseeded yet: let the run go on, or check oftener.", DOWN),
        *_SPREAD,
        *_FEWER,
    ),
    "dead_although_reseeded": (Remedy("every", "Let reseeding go on, or check oftener.", DOWN), *_FEWER),
    "slid": (
        Remedy("reseeding", "Choose a reseeding strategy that puts them on latents again.", _LATENTS),
        Remedy("every", "Let reseeding go on, or check oftener.", DOWN),
        *_FEWER,
    ),
    "far": (
        Remedy("reseeding", "Reseed onto latents: choose a strategy that does.", _LATENTS),
        _KMEANS,
        Remedy("init_offset", "Start nearer to the latents: choose an offset of 0.", (0.0,)),
        Remedy("init_scale", "Start nearer to the latents: lower the scale.", DOWN),
        *_FEWER,
    ),
    "churn": (_FRESH, Remedy("threshold", "Set the threshold well under N/K: lower it.", DOWN), *_SELDOM),
    "churn_below": (_FRESH, *_SELDOM),  # the threshold is far below N/K as it is
    "jump_back": (
        Remedy(
            "fresh_statistics", "The EMA sum and count pull them back: give reseeded codes fresh statistics.", (True,)
        ),
    ),
    "still": (_RATE_UP, Remedy("decay", "Lower the decay, so that codes follow.", DOWN), _ENCODER_DOWN),
    "run_away": (*_RELAX, Remedy("beta", "Raise the commitment weight beta.", UP), _ENCODER_DOWN),
    "lags": (
        Remedy("decay", "Lower the decay: the mean is taken over fewer steps.", DOWN),
        _RATE_UP,
        Remedy("drift", "Lower the drift of the data.", DOWN),
    ),
    "softened": (Remedy("em_temperature", "Lower the EM temperature, so that latents count for fewer codes.", DOWN),),
    "mismatch": (
        Remedy("hard", "Sample one code, instead of a mixture.", (True,)),
        Remedy("final_temperature", "Lower the temperature at the end, so that mixtures become single codes.", DOWN),
        Remedy("direction_noise", "Lower the noise of the direction.", DOWN),
    ),
    "frozen": (_HARDLY_LEARNS, Remedy("beta", "Lower the commitment weight beta.", DOWN), _ENCODER_UP),
    "alike": (
        Remedy("reseed_noise", "Raise the noise of reseeding, or let codes move.", UP),
        Remedy("codebook_lr", "Raise the codebook learning rate, so that they part.", UP),
        Remedy("repulsion", "Raise repulsion.", UP),
        *_FEWER,
    ),
    "nearly_equal": (
        _KMEANS,
        _RATE_UP,
        Remedy("repulsion", "Raise repulsion, which drives codes apart.", UP),
        Remedy("variance", "Raise the variance term, which keeps codes spread.", UP),
    ),
    "unfaithful": (_HARDLY_LEARNS, *_EASE, _ENCODER_UP),
    "pressed": _RELAX,  # codes that fit badly, for whatever cause: first of all, take off what drives latents away
    "blunt": (_WRONG_SIGN, _HARDLY_FOLLOWS, _KMEANS, *_CLOSER),  # one cause, one cure
    "worsened": (  # codes that fitted better before: where they started is not what is wrong
        _WRONG_SIGN,
        _HARDLY_FOLLOWS,
        Remedy("decay", "Lower the decay: the mean is taken over fewer steps.", DOWN),
        Remedy("drift", "Lower the drift of the data.", DOWN),
        *_CLOSER,
    ),
    "skewed": (*_SPREAD, _KMEANS, _RATE_UP, _OTHER_DATA),
    "coarse": (
        Remedy("codebook_size", "Choose more codes (K).", UP),
        Remedy("axis_levels", "Choose more values an axis.", UP),
        Remedy("dim", "Choose more latent dimensions: each adds a bit.", UP, {"quantizer": SIGNS}),
        Remedy(
            "dim",
            "Choose more latent dimensions: each has values of its own.",
            UP,
            _OF_LEVELS,
        ),
        _OTHER_DATA,
    ),
}


def moved_by_ema(settings: LabSettings) -> bool:
    """Whether the EMA sets the codes of a run."""
    return settings.update == "ema" and acts(_BY_NAME["update"], settings)


def counts_for_all(settings: LabSettings) -> bool:
    """Whether each latent draws at all codes of a run, so that none need stand in the middle of its own."""
    return acts(_BY_NAME["em_temperature"], settings)


def advise(ailment: str, settings: LabSettings | None) -> str:
    """The first remedy that can be followed in a run with these settings (None: the likeliest of those that any run
    allows), or ""."""
    for remedy in REMEDIES[ailment]:
        if can_be_followed(remedy, settings) if settings else not remedy.when:
            return remedy.words
    return ""


def can_be_followed(remedy: Remedy, settings: LabSettings) -> bool:
    """Whether the words are true of the run, the control acts on it, and some value that way is possible."""
    control = _BY_NAME[remedy.control]
    for name, values in remedy.when.items():
        now = getattr(settings, name)
        if not (values(now) if callable(values) else now in values):
            return False
    return acts(control, settings) and any(
        _possible(control, value, settings) for value in _values(remedy, control, settings)
    )


def _values(remedy: Remedy, control: Control, settings: LabSettings) -> Iterator[Any]:
    """Values that the remedy asks for; none where the control is there already."""
    now = getattr(settings, control.name)
    if isinstance(remedy.to, tuple):
        yield from () if now in remedy.to else remedy.to
        return
    if control.options:
        yield from (value for value, _ in control.options if value != now)
        return
    if remedy.to != DOWN and now < control.highest:
        yield from (
            (now + 1, min(2 * now, int(control.highest))) if control.step == 1 else ((now + control.highest) / 2,)
        )
    if remedy.to != UP and now > control.lowest:
        yield from (now - 1, max(now // 2, int(control.lowest))) if control.step == 1 else ((now + control.lowest) / 2,)


def _possible(control: Control, value: Any, settings: LabSettings) -> bool:
    try:
        settings.changed({control.name: value})
    except SettingsError:
        return False
    return True
