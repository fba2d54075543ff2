"""Every control that is enabled changes the run, and every greyed one leaves it as it is, to the bit."""

import numpy as np
import pytest
import torch

from explorer.foundation.errors import ExplorerError
from explorer.lab.control import TABLES
from explorer.lab.controls import CONTROLS
from explorer.lab.framing import make_frame
from explorer.lab.inert import INERT, acts, inert_json, inert_reason
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer
from explorer.quantizers.lab_specs import lab_specs

STEPS = 17  # past a check for dead codes, which "every" has at 4, 8, ...: what moves codes by little acts again
SMALL = {"batch_size": 32, "codebook_size": 8, "threshold": 2.0, "every": 4, "patience": 5, "num_quantizers": 2}
SMALL |= {"grow_steps": 2}  # so that codes join within STEPS
RUN = ("dataset", "seed", "batch_size", "quantizer", "model", "patch_px", "drift")  # they are the run
TABLE_CONTEXTS = (
    {},
    {"model": "none", "reseeding": "reservoir"},
    {"update": "gradient", "reseeding": "hard_example"},
    {"update": "gradient", "model": "none"},
)
CONTEXTS = [(name, context) for name in TABLES for context in TABLE_CONTEXTS]
# Codes on each of few clusters are the best that any search finds, so what learns sums of codes is given more.
DATA = {"additive": {"dataset": "digits"}}
OTHERS = [name for name in lab_specs() if name not in TABLES]
CONTEXTS += [(name, DATA.get(name, {}) | {"model": model}) for name in OTHERS for model in ("mlp", "none")]


def ran(settings):
    """What a visitor can see of a run after STEPS steps: codes, latents, indices, outputs, reseeds, losses."""
    trainer = LabTrainer(settings, torch.device("cpu"))
    for _ in range(STEPS):
        trainer.step(measure=False)
    frame = make_frame(trainer)
    arrays = [array for level in frame.levels for array in (level.vectors, level.z_e, level.indices)]
    return [*arrays, frame.outputs], [(event.step, event.code) for event in trainer.drain_events()]


def alike(a, b):
    same = a[1] == b[1] and len(a[0]) == len(b[0]) and all(map(np.array_equal, a[0][:-1], b[0][:-1]))
    # Outputs pass the estimator, which may round the same code in another way.
    return same and np.allclose(a[0][-1], b[0][-1], rtol=1e-5, atol=1e-5)


def others(control, value):
    """Other values of a control, the ends of its range first."""
    if control.kind == "toggle":
        return [not value]
    if control.options:
        return [option for option, _ in control.options if option != value]
    whole = int if control.step == 1 else float
    middle = (control.lowest * control.highest) ** 0.5 if control.log else (control.lowest + control.highest) / 2
    values = [whole(one) for one in (middle, control.highest, control.lowest, 2 * value if value else 1)]
    return [one for one in dict.fromkeys(values) if one != value and control.lowest <= one <= control.highest]


def changes_it(settings, base, control):
    """Whether some other value of the control gives another run; values that the settings refuse are passed over. Of
    one that is greyed two values are tried."""
    values = others(control, getattr(settings, control.name))
    for value in values[:2] if inert_reason(control.name, settings) else values:
        try:
            if not alike(base, ran(settings.changed({control.name: value}))):
                return True
        except ExplorerError:
            continue
    return False


@pytest.mark.parametrize(("quantizer", "context"), CONTEXTS, ids=str)
def test_enabled_controls_change_the_run_and_greyed_ones_do_not(quantizer, context):
    settings = LabSettings().changed(SMALL | {"quantizer": quantizer} | context)
    base = ran(settings)
    wrong = []
    for control in CONTROLS:
        shown = all(getattr(settings, name) in values for name, values in control.when.items())
        if control.name in RUN or not shown or control.name == "kl_to_uniform":
            continue
        greyed = bool(inert_reason(control.name, settings))
        assert acts(control, settings) == (not greyed)
        if changes_it(settings, base, control) == greyed:
            wrong.append(f"{control.name} {'acts and is greyed' if greyed else 'does nothing and is enabled'}")
    assert wrong == []


# Where a setting makes others inert, and the controls that are the run itself: those alone, so that it takes no time.
PATCHES = {"dataset": "patches", "model": "conv", "batch_size": 2, "dim": 4}
DIGITS_28 = PATCHES | {"dataset": "digits28"}
GRADIENT = {"update": "gradient", "dead_by": "steps"}
EDGES = (
    (GRADIENT | {"reseeding": "random_latent"}, ("decay", "patience", "every", "reseed_noise")),
    # 16 codes, so that the count tells which of several is the popular one
    (GRADIENT | {"reseeding": "split", "codebook_size": 16, "patience": 2}, ("decay", "patience")),
    ({"dead_by": "steps", "reseeding": "reservoir"}, ("decay", "epsilon", "patience", "reservoir_size")),
    ({"dead_by": "perplexity", "reseeding": "reservoir"}, ("threshold", "healthy_share", "decay", "dead_by")),
    ({"dead_by": "entropy", "reseeding": "reservoir"}, ("threshold", "healthy_share")),
    ({"update": "soft_em"}, ("em_temperature", "decay", "epsilon", "norm", "codebook_lr", "update", "soft_entropy")),
    ({"quantizer": "lfq", "entropy_weight": 0.0}, ("entropy_weight", "diversity", "inverse_temperature", "beta")),
    ({"quantizer": "bsq", "entropy_weight": 0.0}, ("entropy_weight", "diversity", "inverse_temperature")),
    ({"quantizer": "rvq", "num_quantizers": 1}, ("beam", "metric", "num_quantizers", "level_dropout")),
    ({"metric": "cosine"}, ("metric", "decay", "epsilon", "norm", "codebook_lr", "beta", "gradient", "init_scale")),
    ({"metric": "cosine", "update": "gradient"}, ("decay", "epsilon", "orthogonality", "codebook_lr", "soft_entropy")),
    ({"dataset": "drift", "model": "none"}, ("drift", "dataset", "seed", "batch_size", "model")),
    ({"quantizer": "gradual", "grow_steps": 0}, ("grow_steps", "first_codes", "new_codes")),
    (PATCHES, ("patch_px", "seed", "model", "quantizer")),
    (DIGITS_28, ("dataset", "seed", "batch_size", "model", "quantizer", "dim")),
    ({}, ("dataset", "seed", "batch_size", "quantizer", "model")),
)


@pytest.mark.parametrize(("context", "names"), EDGES, ids=str)
def test_at_the_edges_and_for_the_run_itself_the_same_holds(context, names):
    settings = LabSettings().changed(SMALL | context)
    base, by_name = ran(settings), {control.name: control for control in CONTROLS}
    for name in names:
        greyed = bool(inert_reason(name, settings))
        assert acts(by_name[name], settings) == (not greyed), name
        assert changes_it(settings, base, by_name[name]) != greyed, (name, "greyed" if greyed else "enabled")


def test_every_control_and_every_reason_is_tried():
    contexts = [LabSettings().changed(SMALL | {"quantizer": name} | context) for name, context in CONTEXTS]
    edges = [(LabSettings().changed(SMALL | context), names) for context, names in EDGES]
    tried = [(name, settings) for settings, names in edges for name in names]
    tried += [(control.name, settings) for settings in contexts for control in CONTROLS if control.name not in RUN]
    tried = [(name, settings) for name, settings in tried if _shown(name, settings)]
    assert {name for name, _ in tried} == {control.name for control in CONTROLS}
    for one in INERT:
        assert any(inert_reason(name, settings) == one.reason for name, settings in tried), one.reason


def _shown(name, settings):
    control = next(control for control in CONTROLS if control.name == name)
    return all(getattr(settings, key) in values for key, values in control.when.items())


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_kl_to_uniform_is_the_loss_of_soft_entropy(update):
    settings = LabSettings().changed(SMALL | {"update": update})
    (a, events), (b, same) = (ran(settings.changed({name: 0.5})) for name in ("soft_entropy", "kl_to_uniform"))
    assert events == same
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)
    assert not alike((a, events), ran(settings))


def test_reasons_are_sentences_about_controls_that_exist():
    names = {control.name for control in CONTROLS}
    for one, told in zip(INERT, inert_json(), strict=True):
        assert set(one.names) <= names and set(one.when) <= set(vars(LabSettings()))
        assert one.reason[0].isupper() and one.reason.endswith(".") and told["reason"] == one.reason
