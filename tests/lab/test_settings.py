"""Settings of the lab: every control fits its field and the quantizers, and no input whatever breaks the reader."""

from __future__ import annotations

import json
import math
import random
from dataclasses import asdict, fields

import pytest

from explorer.foundation.errors import FieldError, SettingsError
from explorer.lab.control import MODELS
from explorer.lab.controls import CONTROLS
from explorer.lab.quantizing import build_lab_quantizer
from explorer.lab.settings import MAX_CODES, MAX_POINTS, LabSettings, settings_from_json
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.gradients import ESTIMATORS
from explorer.quantizers.initialization import INITIALIZATIONS
from explorer.quantizers.reseeding import DEAD_BY, STRATEGIES

BY_NAME = {control.name: control for control in CONTROLS}
DIGITS = {"dataset": "digits"}
CONV = {"model": "conv"}
DRAWN = {"dataset": "drawn", "points": [[0, 1], [2.5, -3]]}
REFUSED = [  # the setting at fault, the changes, words of the message
    ("codebook_size", {"codebook_size": 0}, "from 1 to 4096, got 0"),
    ("codebook_size", {"codebook_size": MAX_CODES + 1}, "from 1 to 4096"),
    ("decay", {"decay": 1.0}, "EMA decay must be from 0 to 0.9999"),
    ("batch_size", {"batch_size": -5}, "Batch size"),
    ("quantizer", {"quantizer": "vqq"}, "one of vq, kmeans"),
    ("patch_px", {"patch_px": 17}, "one of 16, 32, 64"),
    ("dataset", {"dataset": "drawn"}, "draw some points"),
    ("points", {"points": [[0, 101]]}, "between -100 and 100"),
    ("points", {"points": [[0, 0]] * (MAX_POINTS + 1)}, "At most 2,000 points"),
    ("model", {"model": "conv"}, "needs pictures"),
    ("model", {"model": "none", "dataset": "patches", "patch_px": 32}, "3,072 dimensions"),
    ("model", {"model": "none", "dataset": "digits28"}, "784 dimensions"),
    ("model", {"model": "none", "quantizer": "lfq"} | DIGITS, "LFQ gives each of the 64 dimensions"),
    ("model", {"model": "none", "quantizer": "fsq"} | DIGITS, "FSQ gives each of the 64 dimensions"),
    ("metric", {"quantizer": "rvq", "metric": "cosine"}, "Euclidean"),
    ("axis_levels", {"quantizer": "fsq", "dim": 6, "axis_levels": 5}, "on each of 6 axes has more than 4,096"),
    ("dim", {"quantizer": "bsq", "dim": 13}, "Lower D to 12"),
    ("num_quantizers", {"quantizer": "pq", "dim": 4, "num_quantizers": 3}, "3 groups do not divide 4 dimensions"),
    ("batch_size", {"initialization": "kmeans", "batch_size": 63}, "63 latents, K = 64"),
    ("batch_size", {"dataset": "patches", "model": "conv", "patch_px": 64, "batch_size": 257}, "65,792 latents"),
    ("batch_size", {"dataset": "digits28", "model": "conv", "batch_size": 1338}, "65,562 latents"),
    ("batch_size", {"dataset": "patches", "patch_px": 64, "batch_size": 8192}, "numbers; the limit is 16,777,216"),
    ("batch_size", {"update": "soft_em", "codebook_size": 4096, "batch_size": 2049} | DIGITS | CONV, "scores"),
    ("batch_size", {"quantizer": "gumbel", "codebook_size": 4096, "batch_size": 2049} | DIGITS | CONV, "scores"),
]
ACCEPTED = [
    {},
    DRAWN,
    {"quantizer": "fsq", "dim": 12, "axis_levels": 2},
    {"quantizer": "lfq", "dim": 12, "batch_size": 8192},
    {"quantizer": "pq", "dim": 4, "num_quantizers": 4},
    {"quantizer": "vq", "metric": "cosine"},
    {"initialization": "kmeans", "batch_size": 64},
    {"initialization": "kmeans", "batch_size": 16, "model": "conv"} | DIGITS,  # 4 latents an item
    {"model": "none"} | DIGITS,
    {"dataset": "digits28", "model": "conv", "batch_size": 1337},  # 49 latents an item
    {"dataset": "digits28", "batch_size": 8192},
    {"dataset": "patches", "model": "conv", "patch_px": 64, "batch_size": 256},
]


@pytest.mark.parametrize(("name", "changes", "words"), REFUSED)
def test_what_cannot_be_is_refused_beside_its_control(name, changes, words):
    settings = LabSettings()
    with pytest.raises(FieldError) as error:
        settings.changed(changes)
    assert error.value.field == name and words in str(error.value)
    assert settings == LabSettings()


@pytest.mark.parametrize("changes", ACCEPTED)
def test_what_can_be_is_taken_and_comes_back_from_json(changes):
    settings = LabSettings().changed(changes)
    written = settings.to_json()
    assert settings_from_json(written) == settings
    assert set(json.loads(written)) == {
        name for name, value in asdict(settings).items() if value != asdict(LabSettings())[name]
    }


def test_every_field_comes_back_from_json():
    values = {}
    for field in fields(LabSettings):
        control = BY_NAME.get(field.name)
        if control is None:
            values[field.name] = ((0.1, -2.0), (3.0, 1e-9))
        elif control.options:
            values[field.name] = control.options[-1][0]
        elif control.kind == "toggle":
            values[field.name] = not field.default
        else:
            values[field.name] = type(field.default)(min(control.highest, 2 * field.default or 1))
    values |= {"dim": 4, "model": "mlp", "metric": "euclidean", "batch_size": 700, "quantizer": "gumbel"}
    settings = LabSettings().changed(values)
    assert settings_from_json(settings.to_json()) == settings
    assert len(json.loads(settings.to_json())) > len(fields(LabSettings)) - 6


def test_each_field_has_one_control():
    names = [control.name for control in CONTROLS]
    assert len(set(names)) == len(names)
    assert set(names) == {field.name for field in fields(LabSettings)} - {"points"}


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_a_control_fits_its_field(control):
    default = getattr(LabSettings(), control.name)
    if control.kind == "choice":
        assert default in [value for value, _ in control.options]
        assert {type(value) for value, _ in control.options} == {type(default)}
        assert len(dict(control.options)) == len(control.options) == len({label for _, label in control.options})
    elif control.kind == "slider":
        assert control.lowest <= default <= control.highest
        assert control.lowest > 0 or not control.log  # ratios need a start above zero
        assert (type(default) is int) == (control.step == 1)
    else:
        assert control.kind == "toggle" and isinstance(default, bool)
    assert control.label and control.help.endswith(".") and control.group
    for name, values in control.when.items():
        valid = [value for value, _ in BY_NAME[name].options]
        assert values and set(values) <= set(valid)
    assert json.loads(json.dumps(control.as_json()))["name"] == control.name


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("quantizer", tuple(QUANTIZERS)),
        ("initialization", INITIALIZATIONS),
        ("reseeding", STRATEGIES),
        ("dead_by", DEAD_BY),
        ("gradient", tuple(ESTIMATORS)),
        ("metric", ("euclidean", "cosine")),
        ("update", ("ema", "soft_em", "gradient")),
    ],
)
def test_the_choices_are_what_there_is(name, valid):
    assert sorted(value for value, _ in BY_NAME[name].options) == sorted(valid)


def test_the_models_are_what_there_is():
    assert set(MODELS) < {value for value, _ in BY_NAME["model"].options}


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_each_end_of_a_control_makes_a_quantizer(control):
    """What the page lets a visitor choose, the quantizers take."""
    ends = [value for value, _ in control.options] or [control.lowest, control.highest]
    for value in ends if control.kind != "toggle" else (True, False):
        for quantizer in control.when.get("quantizer", ("vq",)) if control.name != "quantizer" else (value,):
            base = {"quantizer": quantizer, "dim": 4, "axis_levels": 3, "reservoir_size": 64} | DIGITS
            try:
                settings = LabSettings().changed(base | {control.name: value})
            except FieldError:
                continue  # said beside the control; which ones are refused is tested above
            made = build_lab_quantizer(settings)
            assert made.codebook_size == settings.codes and made.dim == settings.latent_dim


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("codebook_size", value) for value in (True, "", "many", 1.5, None, [], {}, math.nan, math.inf, 10**400)),
        *(("lr", value) for value in (False, "nan", math.inf, "-inf", [1], 10**5000, "9" * 100_000)),
        *(("hard", value) for value in (1, 0.0, "true", None)),
        *(("dataset", value) for value in (1, None, True, ["ring"], "\ud800", "ring\0")),
        *(("points", value) for value in (1, "12", {"12": 0}, ["12"], [[1]], [[1, 2, 3]], [[True, 1]], [["1", "2"]])),
        *(("points", value) for value in ([[math.nan, 0]], [[10**400, 0]], [None], [[[0], 1]])),
        *((name, 1) for name in ("", "__class__", "to_json", "\ud800", "x" * 10_000)),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else f"{type(value).__name__}{value % 1000}",
)
def test_a_hostile_value_is_refused_beside_its_control(name, value):
    with pytest.raises(FieldError) as error:
        LabSettings().changed({name: value})
    assert error.value.field == name
    assert 0 < len(str(error.value)) < 300
    json.dumps(str(error.value))


@pytest.mark.parametrize("opening", ["[", '{"beam":', '{"beam":[', '{"points":['])
@pytest.mark.parametrize("depth", [10, 300, 900, 990, 100_000])
def test_deep_nesting_is_refused(opening, depth):
    closing = "".join({"[": "]", "{": "}"}[c] for c in reversed(opening) if c in "[{")
    for text in (opening * depth, opening * depth + "1" + closing * depth):
        with pytest.raises(SettingsError):
            settings_from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        *("null", "1", '"vq"', "[]", "NaN", "{", "{]", "\0", "{'beam': 2}", "\ufeff{}", '{"beam": 0x2}'),
        *(b"\xff\xfe", 5, {"beam": 2}),
        *('{"beam": ' + "9" * 4000 + "}", '{"beam": ' + "9" * 100_000 + "}", '{"beam": 1e999}', '{"beam": -Infinity}'),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_not_settings_is_refused(text):
    with pytest.raises(SettingsError) as error:
        settings_from_json(text)
    assert len(str(error.value)) < 300


def test_no_text_breaks_the_reader():
    """Random wounds to valid JSON give settings or SettingsError, nothing else."""
    chance = random.Random(0)
    whole = LabSettings().changed(DRAWN | {"codebook_size": 12, "hard": False, "lr": 0.5}).to_json()
    pieces = ["[", "]", "{", "}", '"', ",", ":", "-", "9", "e9", "NaN", "true", "null", "\\u0000", "\\ud800", " "]
    refused = 0
    for _ in range(3000):
        text = whole
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(pieces) + text[at + chance.randint(0, 3) :]
        try:
            assert isinstance(settings_from_json(text), LabSettings)
        except SettingsError:
            refused += 1
    assert 1000 < refused < 3000


@pytest.mark.parametrize("changes", [None, [], "beam", 3])
def test_changes_must_be_named(changes):
    with pytest.raises(SettingsError):
        LabSettings().changed(changes)


def test_numbers_may_be_typed():
    typed = LabSettings().changed({"codebook_size": "128", "lr": "1e-2", "seed": 7.0, "beta": 1})
    assert (typed.codebook_size, typed.lr, typed.seed, typed.beta) == (128, 0.01, 7, 1.0)
    assert type(typed.seed) is int and type(typed.beta) is float


def test_no_text_is_the_default():
    assert settings_from_json("") == settings_from_json("{}") == LabSettings()
    assert LabSettings().to_json() == "{}"


def test_what_follows_from_the_settings():
    conv = LabSettings().changed({"dataset": "patches", "model": "conv", "patch_px": 32})
    assert conv.latents_an_item == 64 and LabSettings().latents_an_item == 1
    assert LabSettings().changed({"model": "conv"} | DIGITS).latents_an_item == 4
    assert LabSettings().changed({"model": "none"} | DIGITS).latent_dim == 64
    drawn = LabSettings().changed({"dataset": "digits28", "model": "conv"})
    assert (drawn.latents_an_item, drawn.values_an_item, LabSettings().values_an_item) == (49, 784, 2)
    assert LabSettings().changed({"quantizer": "fsq", "dim": 3}).codes == 125
    assert LabSettings().changed({"quantizer": "lfq", "dim": 5}).codes == 32


@pytest.mark.parametrize(
    ("name", "words"), [("data", "Was dataset"), ("codebooksize", "Was codebook_size"), ("zz", "'zz'.")]
)
def test_a_setting_that_is_not_there_is_refused_with_those_that_may_be_meant(name, words):
    with pytest.raises(FieldError) as error:
        LabSettings().changed({name: 1})
    assert error.value.field == name and words in str(error.value)
