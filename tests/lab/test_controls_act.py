"""Every control that is enabled changes the run, and every greyed one leaves it as it is, to the bit."""

import numpy as np
import pytest
import torch

from explorer.errors import ExplorerError
from explorer.lab.controls import CONTROLS
from explorer.lab.framing import make_frame
from explorer.lab.inert import INERT, acts, inert_json, inert_reason
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer

STEPS = 12
SMALL = {"batch_size": 32, "codebook_size": 8, "threshold": 2.0, "every": 4, "patience": 5, "num_quantizers": 2}
RUN = ("dataset", "seed", "batch_size", "quantizer", "model", "patch_px", "drift")  # they are the run
TABLE_CONTEXTS = (
    {},
    {"model": "none", "reseeding": "reservoir"},
    {"update": "gradient", "reseeding": "hard_example"},
    {"update": "gradient", "model": "none"},
)
CONTEXTS = [(name, context) for name in ("vq", "rvq", "pq", "multihead") for context in TABLE_CONTEXTS]
CONTEXTS += [
    (name, {"model": model}) for name in ("kmeans", "fsq", "lfq", "bsq", "simvq", "gumbel") for model in ("mlp", "none")
]


def ran(settings):
    """What a visitor can see of a run after STEPS steps: codes, latents, indices, outputs, reseeds, losses."""
    torch.set_num_threads(1)
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
    """Whether some other value of the control gives another run; values that the settings refuse are passed over."""
    for value in others(control, getattr(settings, control.name)):
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
