"""What goes wrong is said once, what can be read stays, and training goes on."""

import os
import shutil
import threading
import warnings

import numpy as np
import pytest
import torch

from explorer.recorder import Recorder, open_recording
from tests.recorder.made_training import TOKENS, Small, batch, counted, train, vq


def warned(caught, part):
    return sum(part in str(one.message) for one in caught)


def test_a_full_disk_loses_records_and_no_token(tmp_path, monkeypatch):
    full, replace = [False], os.replace

    def refuse(source, target):
        if full[0]:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("explorer.joints.files.recording.writing.os.replace", refuse)
    model = Small(vq())
    with warnings.catch_warnings(record=True) as caught, Recorder(tmp_path / "run", every=5).watch(model) as recorder:
        warnings.simplefilter("always")
        for number in range(40):
            if number in (12, 27):
                recorder.flush()
                full[0] = number == 12
            train(model, recorder, 1, first=number)
    assert warned(caught, "cannot write (No space left on device). Training goes on") == 1
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 5, 10, 30, 35, 40) == tuple(recording.scalars["step"]) and recording.ended
    assert recording.notes == ("3 records from step 15 on could not be written; no token is missing in counts.",)
    np.testing.assert_array_equal(recording.counts(3, 0), counted(model, 32, 0, slice(10, 30)))
    assert not list((tmp_path / "run").glob("*.part"))


def test_a_folder_that_vanishes_is_made_anew_and_said(tmp_path):
    model = Small(vq())
    with pytest.warns(RuntimeWarning, match="was taken away"), Recorder(tmp_path / "run", every=5) as recorder:
        recorder.watch(model)
        train(model, recorder, 10)
        recorder.flush()
        shutil.rmtree(tmp_path / "run")
        train(model, recorder, 11, first=10)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (15, 20, 21) and "before step 15" in " ".join(recording.notes)
    np.testing.assert_array_equal(recording.totals(2, 0), counted(model, 32))


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder")
    model = Small(vq())
    with pytest.warns(RuntimeWarning, match="cannot write"), Recorder(tmp_path / "file" / "run", every=2) as recorder:
        recorder.watch(model)
        train(model, recorder, 5)
    assert len(model.chosen) == 5


def test_warnings_that_are_errors_do_not_stop_a_training(tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    model = Small(vq())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Recorder(tmp_path / "file" / "run", every=2).watch(model) as recorder:
            train(model, recorder, 5)
    assert "cannot write" in capsys.readouterr().err


def test_an_error_inside_the_recorder_ends_the_recording_alone(tmp_path, monkeypatch):
    model = Small(vq())

    def fail(self, *args):
        raise ValueError("a fault of its own")

    with pytest.warns(RuntimeWarning, match="a fault of its own"), Recorder(tmp_path / "run", every=2) as recorder:
        recorder.watch(model)
        train(model, recorder, 3)
        recorder.flush()
        monkeypatch.setattr("explorer.recorder.counting.LevelTally.add", fail)
        train(model, recorder, 5, first=3)
    assert len(model.chosen) == 8
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2) and recording.ended and "Recording stopped at step 4" in recording.notes[0]


def test_latents_and_codes_that_are_not_finite_are_counted_and_said(tmp_path):
    class Board:
        def __init__(self):
            self.alerts, self.rows = [], []

        def record(self, step, scalars):
            self.rows.append((step, dict(scalars)))

        def alert(self, alert):
            self.alerts.append(alert)

        def close(self):
            self.rows.append("closed")

    codes, board = torch.randn(16, 4, generator=torch.Generator().manual_seed(0)), Board()
    with Recorder(tmp_path / "run", every=1, sinks=(board,)) as recorder:
        for step in range(1, 5):
            z = torch.randn(50, 4, generator=torch.Generator().manual_seed(step))
            if step > 2:
                z[:7] = float("nan")
                codes[3:5] = float("inf")
            recorder.log(step, indices=torch.arange(50) % 3, z_e=z, codebook=codes, losses={"all": z.mean()})
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.scalars["latents_not_finite_0"], [0, 0, 7, 7])
    np.testing.assert_array_equal(recording.scalars["codes_not_finite_0"], [0, 0, 2, 2])
    level = recording.frame(3).levels[0]
    assert np.isfinite(level.z_e).all() and len(level.z_e) == 4 * 50 - 14
    assert np.isinf(level.vectors[3:5]).all() and np.isfinite(level.vectors[:3]).all()
    assert np.isfinite(recording.scalars["latent_norm"]).all() and np.isfinite(recording.scalars["lag_0"]).all()
    assert np.isnan(recording.scalars["all"][2])
    assert [(alert.step, alert.kind) for alert in board.alerts] == [
        (3, "latents_not_finite_0"),
        (3, "codes_not_finite_0"),
    ]
    assert board.alerts[0].text == "At step 3 7 latents hold NaN or infinity."
    assert [row[0] for row in board.rows[:-1]] == [1, 2, 3, 4] and board.rows[-1] == "closed"
    assert board.rows[0][1]["perplexity_0"] == pytest.approx(
        np.exp(-sum(n / 50 * np.log(n / 50) for n in (17, 17, 16)))
    )


@pytest.mark.parametrize("kind", [ConnectionError, SystemExit])
def test_a_sink_that_fails_is_left_out(kind, tmp_path):
    class Broken:
        def record(self, step, scalars):
            raise kind("the board is away")

    rows = []
    good = type("Good", (), {"record": lambda s, step, _: rows.append(step), "alert": print, "close": lambda s: None})()
    words = f"Broken failed .{kind.__name__}: the board is away. and gets no more"
    with pytest.warns(RuntimeWarning, match=words), Recorder(tmp_path / "run", 1, sinks=(Broken(), good)) as recorder:
        for step in range(1, 4):
            recorder.log(step, indices=torch.arange(6), codebook_size=8)
    assert rows == [1, 2, 3] and open_recording(tmp_path / "run").steps == (1, 2, 3)


def test_a_judge_raises_alerts_of_its_own_once(tmp_path):
    from explorer.recorder import Alert

    alerts, looked = [], []
    sink = type("S", (), {"record": lambda *_: None, "alert": lambda s, a: alerts.append(a), "close": lambda s: None})()

    def judge(recording):
        looked.append(recording.scalars["step"][-1])
        return [Alert(int(looked[-1]), "mine", "Look", "at this")] if len(looked) > 1 else []

    with Recorder(tmp_path / "run", every=1, sinks=(sink,), judge=judge) as recorder:
        for step in range(1, 5):
            recorder.log(step, indices=torch.arange(8), codebook_size=8)
    assert looked == [1, 2, 3, 4] and [(alert.step, alert.kind) for alert in alerts] == [(2, "mine")]


@pytest.mark.parametrize("sizes", [(16, 24), (24, 16)])
def test_a_codebook_of_another_size_is_followed(sizes, tmp_path):
    totals = np.zeros(max(sizes), int)
    with Recorder(tmp_path / "run", every=2) as recorder:
        for step in range(1, 9):
            k = sizes[step > 4]
            indices = torch.randint(0, k, (40,), generator=torch.Generator().manual_seed(step))
            totals += np.bincount(indices.numpy(), minlength=len(totals))
            recorder.log(step, indices=indices, codebook=torch.eye(k, 4))
    recording = open_recording(tmp_path / "run")
    assert recording.levels[0].codebook_size == sizes[1] and f"at step 6: {sizes[1]} codes" in " ".join(recording.notes)
    newest = recording.totals(len(recording.steps) - 1, 0)
    if sizes[1] > sizes[0]:
        np.testing.assert_array_equal(newest, totals)  # tokens of codes that are new from their first step on
    assert len(newest) == sizes[1] == recording.frame(len(recording.steps) - 1).levels[0].codebook_size


def test_models_without_a_known_quantizer_and_calls_that_do_not_fit_are_said(tmp_path):
    with pytest.warns(RuntimeWarning, match="no quantizer that is known was found, so nothing is recorded"):
        Recorder(tmp_path / "a").watch(torch.nn.Linear(2, 2)).close()
    with pytest.warns(RuntimeWarning, match="Linear is no quantizer that is known"):
        Recorder(tmp_path / "b").attach(torch.nn.Linear(2, 2)).close()
    words = "log.. needs the codebook, or codebook_size"
    with pytest.warns(RuntimeWarning, match=words), Recorder(tmp_path / "c") as one:
        one.log(1, indices=torch.arange(3))
        one.log(2, indices=torch.arange(3))
    with pytest.warns(RuntimeWarning, match="5 indices and 4 latents"), Recorder(tmp_path / "d") as one:
        one.log(1, indices=torch.arange(5), z_e=torch.zeros(4, 2), codebook=torch.zeros(8, 2))
    assert not list(tmp_path.iterdir())


GIVEN, BOOK = torch.arange(6), torch.zeros(8, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"indices": torch.rand(6), "codebook": BOOK}, "indices of torch.float32; they are whole numbers"),
        ({"indices": [1, 2, 3], "codebook": BOOK}, "takes indices as a tensor, or one a level, and was given int"),
        ({"indices": None, "codebook": BOOK}, "given no indices"),
        ({"indices": GIVEN, "codebook": BOOK[None]}, r"a codebook of shape \(1, 8, 2\); it needs \(K, d\)"),
        ({"indices": GIVEN, "codebook": BOOK, "z_e": torch.zeros(6)}, r"z_e of shape \(6,\); it needs"),
        ({"indices": GIVEN, "codebook": BOOK, "z_e": torch.zeros(6, 3)}, "latents of 3 dimensions and codes of 2"),
        ({"indices": [GIVEN, GIVEN], "codebook_size": [8]}, "2 levels of indices and 1 sizes of codebooks"),
    ],
)
def test_what_log_cannot_take_is_said_in_words(given, words, tmp_path):
    with pytest.warns(RuntimeWarning, match=words), Recorder(tmp_path / "run", every=1) as recorder:
        recorder.log(1, **given)


def test_log_takes_arrays_and_codes_whose_dimensions_change(tmp_path):
    indices = np.random.default_rng(0).integers(0, 8, (4, 50))
    with Recorder(tmp_path / "run", every=1) as recorder:
        for step, (row, dim) in enumerate(zip(indices, (3, 3, 5, 5), strict=True), 1):
            recorder.log(step, indices=row, z_e=np.ones((50, dim)), codebook=np.ones((8, dim)))
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2, 3, 4) and recording.levels[0].codebook_dim == 5
    np.testing.assert_array_equal(recording.totals(3, 0), np.bincount(indices.ravel(), minlength=8))


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ({"good": 2.0, "none": None, "text": "x"}, "the loss 'text' is no number but str, and is left out"),
        (torch.ones(2), "losses are told by name, such as .* and not as Tensor"),
    ],
)
def test_losses_that_are_no_numbers_lose_no_record(losses, words, tmp_path):
    model = Small(vq())
    with pytest.warns(RuntimeWarning, match=words), Recorder(tmp_path / "run", every=1).watch(model) as recorder:
        for number in range(2):
            model(batch(number))
            recorder.step(losses=losses)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2)
    assert [*recording.scalars.get("good", ())] == ([2.0, 2.0] if isinstance(losses, dict) else [])
    assert not {"none", "text"} & set(recording.scalars)


def test_a_training_of_which_nothing_was_recorded_is_told_why(tmp_path):
    with pytest.warns(RuntimeWarning, match="no quantizer ran in training mode"), Recorder(tmp_path / "a") as recorder:
        recorder.step()
    model = Small(vq()).eval()
    with pytest.warns(RuntimeWarning, match="no quantizer ran in training mode"), Recorder(tmp_path / "b") as recorder:
        recorder.watch(model)
        model(batch(0))
        recorder.step()
    model = Small(vq())
    with pytest.warns(RuntimeWarning, match="no optimizer step was seen"), Recorder(tmp_path / "c") as recorder:
        recorder.watch(model)
        model(batch(0))
    assert not list(tmp_path.iterdir())


def test_indices_out_of_range_are_no_tokens(tmp_path):
    with Recorder(tmp_path / "run", every=1) as recorder:
        recorder.log(1, indices=torch.tensor([-1, 0, 3, 8, 2**40]), z_e=torch.zeros(5, 2), codebook=torch.zeros(8, 2))
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.totals(0, 0), [1, 0, 0, 1, 0, 0, 0, 0])
    assert len(recording.frame(0).levels[0].z_e) == 2


def test_what_ended_a_training_is_told(tmp_path):
    model = Small(vq())
    with pytest.raises(ZeroDivisionError), Recorder(tmp_path / "run", every=10).watch(model) as recorder:
        train(model, recorder, 13)
        1 / 0  # noqa: B018
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 10, 13) and recording.ended
    assert recording.notes == ("The training ended with ZeroDivisionError: division by zero",)


def test_a_table_too_large_to_keep_is_kept_as_a_sample(tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.recorder.moment.KEPT_NUMBERS", 100)
    monkeypatch.setattr("explorer.recorder.moment.KEPT_CODES", 20)
    codes = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    totals = np.zeros(64, int)
    with Recorder(tmp_path / "run", every=2) as recorder:
        for step in range(1, 7):
            z = torch.randn(300, 4, generator=torch.Generator().manual_seed(step))
            indices = torch.cdist(z, codes).argmin(1)
            totals += np.bincount(indices.numpy(), minlength=64)
            recorder.log(step, indices=indices, z_e=z, codebook=codes)
    recording = open_recording(tmp_path / "run")
    level = recording.frame(3).levels[0]
    assert recording.levels[0].kept == 20 and (level.codebook_size, level.whole) == (20, 64) and level.sampled
    np.testing.assert_array_equal(level.vectors, codes.numpy()[level.numbers])
    np.testing.assert_array_equal(recording.totals(3, 0), totals)  # counts are of all codes
    nearest = np.square(level.z_e[:, None] - codes.numpy()[None]).sum(-1).argmin(1)
    np.testing.assert_array_equal(level.numbers[level.indices], nearest)
    assert len(level.z_e) > 100


def test_a_disk_that_hangs_holds_up_no_training_and_loses_no_token(tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.recorder.scribe.PATIENCE_S", 0.05)
    hangs, replace = threading.Event(), os.replace

    def wait(source, target):
        hangs.wait()
        replace(source, target)

    monkeypatch.setattr("explorer.joints.files.recording.writing.os.replace", wait)
    model = Small(vq(threshold_ema_dead_code=2))
    with pytest.warns(RuntimeWarning, match="some are left out; no token is missing"):
        recorder = Recorder(tmp_path / "run", every=2).watch(model)
        train(model, recorder, 9)  # it ends, though nothing was written
        hangs.set()
        recorder.flush()
        train(model, recorder, 1, first=9)
        recorder.close()
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 10)
    np.testing.assert_array_equal(recording.counts(1, 0), counted(model, 32, 0, slice(1, 10)))
    assert recording.scalars["batch_size"][1] == TOKENS
    assert recording.tallies[:, 2].sum() == recording.reseeds(1, 0).sum() > 0
