"""What `import explorer` gives in a notebook: lazily, the same numbers as elsewhere, and faults in words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_tokenizers import Greys
from PIL import Image

import explorer
from explorer.analysis.codebook.diagnosis import diagnose as findings
from explorer.foundation.errors import CheckpointError, MediaError, RecordError, SettingsError, UnknownIdError
from explorer.joints.audit import Audit
from explorer.joints.record import TokenRecord

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "assets" / "notebook.ipynb"
LARGE = ("torch", "gradio", "plotly", "sklearn", "umap", "numba", "transformers", "numpy")


def printed(code):
    """What a fresh interpreter prints."""
    line = [sys.executable, "-c", code]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def test_importing_costs_nothing_and_figures_need_no_torch():
    code = f"""
import sys, explorer
names = {LARGE}
print([name for name in names if name in sys.modules])
explorer.figures.usage
print([name for name in names if name in sys.modules])
import explorer.audit.sources
print(callable(explorer.audit), explorer.audit.sources.MediaSource.__name__, sorted(explorer.CALLS))
"""
    assert printed(code).splitlines() == [
        "[]",
        "['numpy']",
        "True MediaSource ['audit', 'diagnose', 'figures', 'geometry', 'load', 'tokenize']",
    ]


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (16, 24, 3), np.uint8) for _ in range(3)]


def test_a_medium_is_an_array_a_file_its_bytes_or_a_sample(pictures, tmp_path):
    greys, path = Greys("g", 4), tmp_path / "p.png"
    Image.fromarray(pictures[0]).save(path)
    mean = (pictures[0] / 255).reshape(2, 8, 3, 8, 3).mean(axis=(1, 3, 4))
    expected = np.abs(mean[..., None] - np.linspace(0, 1, 4)).argmin(-1)
    for given in (pictures[0], (pictures[0] / 255).astype(np.float64), path, str(path), path.read_bytes()):
        record = explorer.tokenize(greys, given)
        assert isinstance(record, TokenRecord) and np.array_equal(record.levels[0].indices, expected)
    assert explorer.tokenize(greys, "sample:astronaut", side_px=64).levels[0].indices.size <= 64


def test_an_audit_of_media_counts_what_the_records_hold(pictures):
    greys, heard = Greys("g", 4, levels=2), []
    audit = explorer.audit(greys, pictures, title="Three", progress=heard.append)
    assert isinstance(audit, Audit) and audit.title == "Three" and audit.media == ("medium 0", "medium 1", "medium 2")
    for number, level in enumerate(audit.levels):
        indices = [explorer.tokenize(greys, one).levels[number].indices.ravel() for one in pictures]
        assert np.array_equal(level.counts, np.bincount(np.concatenate(indices), minlength=4))
    assert heard and explorer.geometry(audit, greys, 1).number == 1
    assert np.allclose(explorer.geometry(audit, greys.codebooks()).norms, np.linspace(0, 1, 4))
    assert explorer.figures.usage(audit, 1).layout.meta["level"] == 1


def test_a_diagnosis_is_that_of_the_pages(pictures):
    greys = Greys("g", 4, levels=2)
    audit = explorer.audit(greys, pictures)
    books = greys.codebooks()
    assert explorer.diagnose(audit, greys) == explorer.diagnose(audit, books) == findings(audit, books) != ()
    assert explorer.diagnose(audit) == findings(audit, (None, None))
    with pytest.raises(RecordError):
        explorer.diagnose(explorer.audit(indices=np.zeros(0, int), codebook_size=4))


def test_an_audit_of_indices_is_that_of_their_file(tmp_path):
    indices = np.random.default_rng(1).integers(0, 9, (5, 20))
    np.save(tmp_path / "i.npy", indices)
    for given in (indices, tmp_path / "i.npy"):
        audit = explorer.audit(indices=given, codebook_size=12)
        assert np.array_equal(audit.levels[0].counts, np.bincount(indices.ravel(), minlength=12))


def test_what_is_wrong_is_said_in_words(pictures):
    greys = Greys("g", 4)
    with pytest.raises(SettingsError, match="needs a tokenizer and media, or indices"):
        explorer.audit(greys)
    with pytest.raises(SettingsError, match="either a tokenizer and media, or indices"):
        explorer.audit(greys, pictures, indices=np.zeros(3, int), codebook_size=4)
    with pytest.raises(MediaError, match=r"this one has shape \(4, 4\)"):
        explorer.tokenize(greys, np.zeros((4, 4)))
    for values in (np.full((8, 8, 3), 255.0), np.full((8, 8, 3), np.nan)):
        with pytest.raises(MediaError, match="floats lies from 0 to 1"):
            explorer.tokenize(greys, values)
    with pytest.raises(MediaError, match="not int64"):
        explorer.tokenize(greys, np.zeros((8, 8, 3), np.int64))
    with pytest.raises(MediaError, match="No medium"):
        explorer.audit(greys, [])
    with pytest.raises(AttributeError, match="no attribute 'loadd'"):
        explorer.loadd  # noqa: B018


def test_load_takes_an_id_or_a_path_and_says_what_is_neither(tmp_path):
    assert explorer.load("fsq") is explorer.load("fsq") and explorer.load("fsq").spec.id == "fsq"
    with pytest.raises(UnknownIdError, match="Did you mean 'fsq'"):
        explorer.load("fsqq")
    (tmp_path / "model.pt").write_bytes(b"nothing")
    with pytest.raises(CheckpointError):
        explorer.load(tmp_path / "model.pt")


def test_the_notebook_that_ships_runs_from_top_to_bottom(tmp_path):
    """Its cells of code in their order, in a fresh process; what it draws are figures of plotly."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    shown = "import plotly.graph_objects as go\nshown = []\ngo.Figure.show = lambda one, *a, **k: shown.append(one)\n"
    told = "print(len(shown), [one.layout.meta['figure'] for one in shown])"
    script = "\n".join([shown, *("".join(cell["source"]) for cell in code), told])
    path = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-c", script]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, env=path)
    assert done.returncode == 0, done.stderr[-2000:]
    last = done.stdout.strip().splitlines()[-1]
    assert int(last.split(" ")[0]) >= 6 and "'usage'" in last and "'sphere'" in last
