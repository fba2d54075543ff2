"""Run in a copy where the recipes were carried out: uses what they added, and prints what came of it as JSON."""

import json
import sys
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from explorer import figures
from explorer.analysis.codebook.diagnosis import diagnose
from explorer.foundation.errors import SettingsError
from explorer.lab.controls import CONTROLS
from explorer.lab.controls import QUANTIZERS as QUANTIZERS_SHOWN
from explorer.lab.quantizing import build_lab_quantizer
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer
from explorer.loading.planning import load, plan_file
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.build import build_quantizer
from explorer.tokenizers import load_tokenizer
from explorer.training.recipes import ZOO
from explorer.views.kit.wire.encoding import unpack
from tests.made_audits import audit_of, level_of, table

CONTRACT = (
    *("tests/quantizers/test_contract.py", "tests/quantizers/test_not_finite.py", "tests/quantizers/test_lab_spec.py"),
    *("tests/tokenizers/test_checkpoint.py", "tests/lab/test_controls_act.py", "tests/lab/test_settings.py"),
    *("tests/figures/test_figures_contract.py", "tests/test_house.py"),
)
TOYS = "frozen or registered or test_lab_spec or test_settings or test_figures_contract or plain_sight"
NO_OPTIONS = ("-q", "-p", "no:cacheprovider", "-n0", "-o", "addopts=")


def nearest(z, vectors):
    """By brute force in float64."""
    return (z.double()[:, None] - vectors.double()[None]).square().sum(-1).argmin(1)


def quantizer():
    z, made = torch.randn(500, 4), QUANTIZERS.load("frozen")(4, 16)
    chosen = made(z).indices[:, 0]
    return bool((chosen == nearest(z, made.vectors)).all()), len(chosen.unique())


def in_lab():
    """The toy in a run of the lab, with a setting of its own."""
    settings = LabSettings().changed({"quantizer": "frozen", "codebook_size": 16, "spread": 3.0, "batch_size": 64})
    trainer = LabTrainer(settings, torch.device("cpu"))
    before = trainer.quantizer.vectors.clone()
    for _ in range(3):
        trainer.step()
    try:
        settings.changed({"spread": 11})
        refused = ""
    except SettingsError as error:
        refused = str(error)
    labels = [words for name, words in QUANTIZERS_SHOWN if name == "frozen"]
    controls = [control.when["quantizer"] for control in CONTROLS if control.name == "spread"]
    spread, still = float(before.std()), bool((before == trainer.quantizer.vectors).all())
    return labels, controls, spread, still, trainer.step_count, refused


def member():
    recipe = ZOO["vq-small"]
    return recipe.title, build_quantizer(recipe.quantizer, recipe.config).codebook_size


def control():
    settings = LabSettings().changed({"quantizer": "lfq", "dim": 8, "group_bits": 3})
    try:
        settings.changed({"group_bits": 11})
        refused = ""
    except SettingsError as error:
        refused = str(error)
    return build_lab_quantizer(settings).group_bits, json.loads(settings.to_json())["group_bits"], refused


def made_audit(codes):
    """Of 32 codes in 4 dimensions, and latents beside those codes."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(32, 4))
    book = table(vectors)
    return audit_of(level_of(book, vectors[codes] + 0.01 * rng.normal(size=(len(codes), 4)))), book


def rule(codes):
    audit, book = made_audit(codes)
    return [finding.title for finding in diagnose(audit, [book]) if "Code 0" in finding.title]


def figure(codes):
    audit, _ = made_audit(codes)
    drawn = figures.draw("first_codes", audit)
    return [int(y) for y in drawn.data[0].y], np.bincount(codes, minlength=32)[:8].tolist(), drawn.layout.meta["pick"]


def record_of_the_format():
    """(title, whether its codes are the nearest, the record) of a file of the toy's format."""
    shapes = {"encode.weight": (4, 3, 4, 4), "encode.bias": (4,), "codes": (16, 4)}
    shapes |= {"back.weight": (4, 3, 4, 4), "back.bias": (3,)}
    state = {name: torch.randn(shape) for name, shape in shapes.items()}
    save_file(state, "toy.safetensors")
    spec = load(plan_file("toy.safetensors"))
    picture = torch.rand(8, 12, 3)
    record = load_tokenizer(spec.id, device="cpu").tokenize(picture.numpy())
    z = torch.nn.functional.conv2d(picture.permute(2, 0, 1)[None], state["encode.weight"], state["encode.bias"], 4)
    same = record.levels[0].indices.ravel() == nearest(z[0].flatten(1).T, state["codes"]).numpy()
    return spec.title, bool(same.all()), record


def view(record):
    from explorer.views import VIEWS

    payload = import_module("explorer.views.inspect.barcode").payload  # there in the copy alone
    made = VIEWS.load("barcode")(payload(record))
    (level,) = json.loads(made.value)["levels"]
    same = np.array_equal(unpack(level["indices"]), record.levels[0].indices.ravel())
    return level["K"], level["indices"]["shape"], bool(same), callable(made.picked)


def page():
    from explorer.pages.toy.page import first_sample, picked  # there in the copy alone

    from explorer.pages.app import build

    heard = picked(SimpleNamespace(code=1023))
    return [one for one in build().pages if "toy" in one[0]], json.loads(first_sample()), heard


def main():
    torch.manual_seed(0)
    without, all_codes = 1 + np.arange(6000) % 31, np.arange(6000) % 32
    title, same, record = record_of_the_format()
    said = {
        "quantizer": quantizer(),
        "in_lab": in_lab(),
        "member": member(),
        "control": control(),
        "rule": [rule(without), rule(all_codes)],
        "figure": figure(without),
        "format": [title, same],
        "view": view(record),
        "page": page(),
    }
    print("SAID" + json.dumps(said), flush=True)
    return pytest.main([*NO_OPTIONS, "-k", TOYS, *CONTRACT])


if __name__ == "__main__":
    sys.exit(main())
