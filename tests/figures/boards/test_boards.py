"""What a recorder tells boards: read back with each board's own reader, and held against the recording."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from explorer.figures.boards import TensorBoard, Trackio, WeightsAndBiases, judge
from explorer.figures.boards.usage_picture import GROUND, usage_picture
from explorer.foundation.errors import SettingsError
from explorer.joints.files.recording import open_recording
from explorer.recorder import Recorder

CODES, STEPS = 64, 40


def record(folder, sinks, collapse=False, steps=STEPS, every=5, **options):
    """A run by hand: every code is used, or only the first four."""
    generator = torch.Generator().manual_seed(0)
    book = torch.randn(CODES, 3, generator=generator)
    with Recorder(folder, every=every, sinks=sinks, **options) as recorder:
        for step in range(1, steps + 1):
            indices = torch.randint(0, 4 if collapse else CODES, (512,), generator=generator)
            z_e = book[indices] + 0.01 * torch.randn(512, 3, generator=generator)
            recorder.log(step, indices=indices, z_e=z_e, codebook=book, losses={"loss": 1 / step})
    return open_recording(folder)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_has_the_numbers_of_the_recording_and_its_pictures(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = record(tmp_path / "run", (TensorBoard(tmp_path / "board", pictures_every=4),), collapse=True)
    board = EventAccumulator(str(tmp_path / "board"), size_guidance={"images": 0, "scalars": 0, "tensors": 0}).Reload()
    for name in ("loss", "dead_0", "perplexity_0"):
        told = [(event.step, event.value) for event in board.Scalars(f"codebook/{name}")]
        kept = [(int(step), float(value)) for step, value in zip(run.scalars["step"], run.scalars[name], strict=True)]
        kept = [pair for pair in kept if np.isfinite(pair[1])]
        assert [step for step, _ in told] == [step for step, _ in kept]
        assert np.allclose([value for _, value in told], [value for _, value in kept], rtol=1e-6)
    assert [event.step for event in board.Images("codebook/usage of level 1")] == [1, 20, 40, 40]
    (alert,) = board.Tensors("codebook/alerts/text_summary")
    assert b"More than half of the codes are dead" in alert.tensor_proto.string_val[0]


def test_trackio_has_them_too(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    trackio = pytest.importorskip("trackio")
    run = SimpleNamespace(lines=[], alerts=[])
    run.log = lambda metrics, step=None: run.lines.append((step, metrics))
    run.alert = lambda title, text, step: run.alerts.append((step, title))
    recording = record(tmp_path / "run", (Trackio(run, pictures_every=8),), collapse=True)
    numbers = [line["codebook/loss"] for _, line in run.lines if "codebook/loss" in line]
    assert np.allclose(numbers, recording.scalars["loss"])
    pictures = [line for _, line in run.lines if "codebook/usage of level 1" in line]
    assert pictures and isinstance(pictures[0]["codebook/usage of level 1"], trackio.Image)
    assert [title for _, title in run.alerts] == ["More than half of the codes are dead"]


class Tracker:
    """Stands in for a run of Weights & Biases: what it takes, without its server."""

    def __init__(self):
        self.logged, self.alerts, self.metrics = [], [], []

    def define_metric(self, name, step_metric=None):
        self.metrics.append((name, step_metric))

    def log(self, data):
        self.logged.append(data)

    def alert(self, title, text, level):
        self.alerts.append((title, level))


def test_weights_and_biases_has_its_own_step_figures_and_alerts(tmp_path, monkeypatch):
    run = Tracker()
    stand_in = SimpleNamespace(run=None, Image=lambda picture: ("picture", picture.shape), Plotly=lambda figure: figure)
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    with pytest.raises(SettingsError, match=r"call wandb.init\(\) first"):
        WeightsAndBiases()
    recording = record(tmp_path / "run", (WeightsAndBiases(run, pictures_every=8),), collapse=True)
    assert run.metrics == [("codebook/step", None), ("codebook/*", "codebook/step")]
    numbers = [(line["codebook/step"], line["codebook/loss"]) for line in run.logged if "codebook/loss" in line]
    kept = np.stack([recording.scalars["step"], recording.scalars["loss"]], axis=1)
    assert np.allclose(numbers, kept)
    figures = [line["codebook/curves"] for line in run.logged if "codebook/curves" in line]
    assert "curves over 40 steps" in figures[-1].layout.meta["words"]
    assert run.alerts == [("More than half of the codes are dead", "WARN")]


@pytest.mark.parametrize(
    ("make", "package"), [(TensorBoard, "tensorboard"), (Trackio, "trackio"), (WeightsAndBiases, "wandb")]
)
def test_a_package_that_is_missing_is_said_with_what_to_install(make, package, monkeypatch, tmp_path):
    for name in (package, "torch.utils.tensorboard") if package == "tensorboard" else (package,):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match=f"pip install {package}"):
        make(tmp_path)


class Broken(TensorBoard):
    def write_scalars(self, step, scalars):
        raise OSError("the board is gone")


def test_a_board_that_fails_never_stops_the_training(tmp_path):
    pytest.importorskip("tensorboard")
    with pytest.warns(RuntimeWarning, match="the board is gone"):
        run = record(tmp_path / "run", (Broken(tmp_path / "board"),))
    assert run.steps[-1] == STEPS and run.ended


def test_the_diagnosis_raises_an_alert_once(tmp_path):
    seen = []
    sink = SimpleNamespace(record=lambda step, scalars: None, alert=seen.append, close=lambda: None)
    record(tmp_path / "run", (sink,), collapse=True, steps=400, every=100, judge=judge(pause_s=0))
    kinds = [alert.kind for alert in seen]
    assert len(set(kinds)) == len(kinds) >= 2  # that of the numbers, and that of the diagnosis
    assert any("dead" in alert.text and not alert.kind.startswith("dead_") for alert in seen)
    quiet = []
    sink = SimpleNamespace(record=lambda step, scalars: None, alert=quiet.append, close=lambda: None)
    record(tmp_path / "healthy", (sink,), steps=400, every=100, judge=judge(pause_s=0))
    assert quiet == []


def test_the_diagnosis_reads_on_from_the_recording_that_is_open(tmp_path, monkeypatch):
    """The lines of a long run are parsed once, not at each diagnosis."""
    from explorer.analysis.replay import run as runs

    monkeypatch.setattr(runs, "open_recording", None)
    seen = []
    sink = SimpleNamespace(record=lambda step, scalars: None, alert=seen.append, close=lambda: None)
    recording = record(tmp_path / "run", (sink,), collapse=True, steps=400, every=100, judge=judge(pause_s=0))
    monkeypatch.undo()
    told = runs.RecordedRun(tmp_path / "run", "run").diagnose(400)
    assert {one.title for one in told if one.level in ("bad", "warning")} & {alert.title for alert in seen}
    assert recording.notes == ()


def test_the_picture_has_a_square_a_code():
    counts, state = np.array([1.0, 100.0, 10.0, 0.0, 0.0]), np.array([0, 0, 0, 1, 2], np.uint8)
    picture = usage_picture(counts, state)
    assert picture.shape == (16, 24, 3)
    cells = [picture[8 * (code // 3) + 3, 8 * (code % 3) + 2] for code in range(6)]
    assert cells[0].tolist() == [68, 1, 84] and cells[1].tolist() == [253, 231, 37]  # ends of viridis
    assert cells[4].tolist() == list(GROUND) and cells[5].tolist() == list(GROUND)
    assert picture[8, 0].tolist() == [150, 150, 150] and picture[8, 3].tolist() == list(GROUND)  # crossed out
    assert usage_picture(np.ones(16384), np.zeros(16384, np.uint8)).shape[0] <= 1024


def test_a_model_that_is_watched_tells_the_board_by_itself(tmp_path):
    vq_library = pytest.importorskip("vector_quantize_pytorch")
    lines = []
    sink = SimpleNamespace(
        record=lambda step, scalars: lines.append((step, dict(scalars))), alert=lambda _: None, close=lambda: None
    )
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), vq_library.VectorQuantize(dim=4, codebook_size=8))
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    with Recorder(tmp_path / "run", every=2, sinks=(sink,)) as recorder:
        recorder.watch(model)
        for _ in range(4):
            model(torch.randn(2, 16, 3))[2].sum().backward()
            optimizer.step()
            recorder.step()
    assert [step for step, _ in lines] == [1, 2, 4] and all("perplexity_0" in scalars for _, scalars in lines)
