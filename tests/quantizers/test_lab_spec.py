"""What each quantizer brings to the lab: read from its file without torch, and the same when the file is imported."""

import ast
import subprocess
import sys
from dataclasses import fields, replace
from importlib import import_module

import pytest

from explorer.foundation.config import REPOSITORY
from explorer.lab import settings
from explorer.lab.controls import CONTROLS
from explorer.lab.settings import LabSettings
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.lab_spec import BUNDLES, REGULARIZER_FIELDS, LabSpec, read_spec, slider
from explorer.quantizers.lab_specs import builder, lab_specs, own_controls, takers
from explorer.quantizers.regularizers import REGULARIZERS

BY_NAME = {control.name: control for control in CONTROLS}
# By hand, from what each takes when it is built: a setting that is forgotten in a LAB would leave the page.
TABLES = ("vq", "rvq", "pq", "multihead")
KNOWN = {*TABLES, "kmeans", "fsq", "lfq", "bsq", "simvq", "gumbel"}  # what a newer one takes, its own tests say
TAKERS = {
    "codebook_size": {*TABLES, "kmeans", "simvq", "gumbel"},
    "codebook_lr": {*TABLES, "simvq", "gumbel"},
    "beta": {*TABLES, "kmeans", "lfq", "simvq", "gumbel"},
    "gradient": {*TABLES, "kmeans", "simvq"},
    "init_scale": {*TABLES, "gumbel"},
    "reseeding": {*TABLES},
    "vicreg": {*TABLES},
    "num_quantizers": {"rvq", "pq", "multihead"},
    "diversity": {"lfq", "bsq"},
    "beam": {"rvq"},
    "axis_levels": {"fsq"},
    "temperature": {"gumbel"},
}


@pytest.mark.parametrize("name", QUANTIZERS)
def test_what_is_read_is_what_is_imported(name):
    imported = getattr(import_module(QUANTIZERS.entries[name].partition(":")[0]), "LAB", None)
    if imported is None:
        assert name not in lab_specs() and name not in KNOWN
        return
    assert callable(imported.build) and builder(name) is imported.build
    assert lab_specs()[name] == replace(imported, build=None)


@pytest.mark.parametrize(("setting", "quantizers"), TAKERS.items())
def test_which_quantizers_a_setting_acts_on(setting, quantizers):
    assert takers(setting) == BY_NAME[setting].when["quantizer"] and set(takers(setting)) & KNOWN == quantizers


def test_every_setting_that_is_taken_is_there_and_every_control_has_its_place():
    names = {field.name for field in fields(LabSettings)}
    taken = {name for spec in lab_specs().values() for name in spec.names}
    assert taken <= names & set(BY_NAME) and {name for one in BUNDLES.values() for name in one} <= taken
    assert sorted(REGULARIZER_FIELDS) == sorted(REGULARIZERS)
    for control in own_controls():
        assert getattr(LabSettings(), control.name) == control.default and len(takers(control.name)) == 1
    order = [control.name for control in CONTROLS if not takers(control.name) or KNOWN & set(takers(control.name))]
    at = order.index("num_quantizers")
    assert order[at : at + 5] == ["num_quantizers", "beam", "level_dropout", "axis_levels", "metric"]
    at = order.index("gradient")
    assert order[at : at + 6] == ["gradient", "temperature", "hard", "kl_weight", "sharpness", "entropy_weight"]


@pytest.mark.parametrize("name", ["axis_levels", "dim", "codes"])  # of a quantizer, of all, and what settings tell
def test_a_name_that_the_lab_has_is_refused(name, monkeypatch):
    """Two settings of a name were one, and what one quantizer was given acted on the other."""
    own = slider(name, "Mine", "Quantizer", "Mine.", 1, 9, step=1, default=5)
    monkeypatch.setattr(settings, "own_controls", lambda: (own,))
    with pytest.raises(ValueError, match=f"has a setting '{name}' already"):
        settings.with_own_fields(LabSettings)


def test_a_file_is_read_and_not_run():
    text = 'raise SystemExit\nLAB = LabSpec("Toy", ("beta",), fields=(slider("x", "X", "G", "H.", -1, 1),), build=f)'
    assert read_spec(text) == LabSpec("Toy", ("beta",), (slider("x", "X", "G", "H.", -1, 1),))
    assert read_spec("OTHER = 1") is None
    for code in ("LAB = LabSpec(open('x'))", "LAB = LabSpec(label=print)", "LAB = LabSpec(**{'label': 1 + a})"):
        with pytest.raises((ValueError, TypeError)):
            read_spec(code)


def test_settings_and_controls_of_the_lab_need_no_torch():
    code = "import explorer.lab.settings, explorer.lab.inert, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.strip() == "False"


def test_the_lab_names_no_quantizer():
    """But in its default and its presets: a new one needs nothing there. "kmeans" is an initialization, too."""
    named, names = {}, set(QUANTIZERS) - {"kmeans"}
    for path in sorted((REPOSITORY / "explorer/lab").glob("*.py")):
        if not path.name.startswith("presets"):
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            named[path.name] = {node.value for node in nodes if isinstance(node, ast.Constant)} & names
    assert {name: words for name, words in named.items() if words} == {"settings.py": {"vq"}}
