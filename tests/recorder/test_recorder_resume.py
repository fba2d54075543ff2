"""Runs that are gone on with: from the newest step, from an older checkpoint, after kill -9; and two processes that
train together."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.recorder import Recorder, open_recording
from tests.recorder.made_training import TOKENS, Small, batch, counted, train

ROOT = Path(__file__).resolve().parents[2]


def vq(**settings):
    library = pytest.importorskip("vector_quantize_pytorch")
    return library.VectorQuantize(**{"dim": 8, "codebook_size": 32, "threshold_ema_dead_code": 2, **settings})


def test_a_run_goes_on_in_another_process(tmp_path):
    model = Small(vq())
    with Recorder(tmp_path / "run", every=5).watch(model) as recorder:
        train(model, recorder, 12)
    first = open_recording(tmp_path / "run").events
    with Recorder(tmp_path / "run", every=5).watch(model) as recorder:
        assert recorder.steps == 12
        train(model, recorder, 9, first=12)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 5, 10, 12, 13, 15, 20, 21) == tuple(recording.scalars["step"])
    assert recording.notes == ("Recording went on at step 13, in another process.",)
    np.testing.assert_array_equal(recording.totals(7, 0), counted(model, 32))
    assert recording.scalars["latents_seen"][-1] == 21 * TOKENS
    before = {event.code for event in first}
    assert any(event.died_again and event.code in before for event in recording.events if 12 < event.step < 15)
    assert np.all(np.diff(recording.scalars["seconds"]) >= 0)


def test_a_checkpoint_that_is_older_than_the_recording_takes_its_place(tmp_path):
    model = Small(vq())
    with Recorder(tmp_path / "run", every=5).watch(model) as recorder:
        train(model, recorder, 10)
        kept = {name: value.clone() for name, value in model.state_dict().items()}
        train(model, recorder, 8, first=10)
    model.load_state_dict(kept)
    del model.chosen[10:]
    with Recorder(tmp_path / "run", every=5).watch(model) as recorder:
        for step in range(11, 21):
            train(model, None, 1, first=100 + step)
            recorder.step(step)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 5, 10, 11, 15, 20) == tuple(recording.scalars["step"])
    assert "went back from step 18 to step 11" in " ".join(recording.notes)
    np.testing.assert_array_equal(recording.totals(5, 0), counted(model, 32))
    newest = [max((i + 1 for i, one in enumerate(model.chosen) if code in one), default=-1) for code in range(32)]
    np.testing.assert_array_equal(recording.last_chosen(5, 0), newest)


def test_steps_between_an_older_frame_and_the_checkpoint_are_said_to_be_missing(tmp_path):
    model = Small(vq())
    with Recorder(tmp_path / "run", every=10).watch(model) as recorder:
        train(model, recorder, 20)
    with pytest.warns(RuntimeWarning, match="Of steps 11 to 15, .* tokens are not counted"):
        recorder = Recorder(tmp_path / "run", every=10).watch(model)
        for step in range(16, 21):
            train(model, None, 1, first=step)
            recorder.step(step)
        recorder.close()
    recording = open_recording(tmp_path / "run")
    assert recording.totals(len(recording.steps) - 1, 0).sum() == 15 * TOKENS


KILLED = """
import os, signal, sys
import torch
from explorer.recorder import Recorder
recorder = Recorder(sys.argv[1], every=1)
for step in range(1, 1000):
    indices = torch.arange(64) % (1 + step % 32)
    recorder.log(step, indices=indices, codebook=torch.eye(32, 4))
    if step == 40:
        recorder.flush()
        print("ready", flush=True)
"""


def test_kill_9_loses_at_most_what_was_under_way(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "run")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
    recording = open_recording(tmp_path / "run")
    steps = recording.steps
    assert len(steps) >= 40 and steps == tuple(range(1, len(steps) + 1)) and recording.live is False
    assert "stopped without closing" in recording.notes[-1] and not recording.ended
    for i, step in enumerate(steps[:40]):
        expected = np.bincount(np.arange(64) % (1 + step % 32), minlength=32)
        np.testing.assert_array_equal(recording.counts(i, 0), expected)
    done = int(recording.scalars["step"][-1])
    with Recorder(tmp_path / "run", every=1) as recorder:
        recorder.log(done + 1, indices=torch.arange(32), codebook=torch.eye(32, 4))
    recording.refresh()
    assert recording.ended and recording.steps[-1] == done + 1
    assert recording.counts(len(recording.steps) - 1, 0).tolist() == [1] * 32


PROCESSES = """
import sys
import torch
from torch import distributed, nn
from explorer.recorder import Recorder
from tests.recorder.made_training import Small, batch
from vector_quantize_pytorch import VectorQuantize

def train(folder, records):
    model = Small(VectorQuantize(dim=8, codebook_size=32, ema_update=False, threshold_ema_dead_code=0))
    parallel = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    recorder = Recorder(folder, every=4).watch(parallel) if records else None
    for step in range(10):
        decoded, own = parallel(batch(2 * step + rank))
        (decoded.square().mean() + own).backward()
        optimizer.step()
        optimizer.zero_grad()
    if recorder:
        recorder.close()
    torch.save(torch.tensor([one[:, 0] for one in model.chosen]), f"{folder}.{rank}.pt")

distributed.init_process_group("gloo")
rank = distributed.get_rank()
train(sys.argv[1] + "/both", True)
train(sys.argv[1] + "/alone", rank == 0)
distributed.destroy_process_group()
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two processes that train together, twice: each with a recorder, and only the first with one. What each wrote to
    its errors, and the folder."""
    pytest.importorskip("vector_quantize_pytorch")
    if not torch.distributed.is_available():
        pytest.skip("torch was built without distributed")
    folder, port = tmp_path_factory.mktemp("together"), str(20000 + os.getpid() % 20000)
    world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESSES, str(folder)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **world, "RANK": str(rank), "PYTHONPATH": str(ROOT)},
        )
        for rank in range(2)
    ]
    errors = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    return errors, folder


def logs_of(folder, name):
    return [torch.load(folder / f"{name}.{rank}.pt", weights_only=True).numpy() for rank in range(2)]


def test_counts_of_two_processes_are_summed_and_one_writes(trained):
    logs, recording = logs_of(trained[1], "both"), open_recording(trained[1] / "both")
    assert recording.steps == (1, 4, 8) and recording.notes == () and recording.ended
    for i, (first, last) in enumerate(((0, 1), (1, 4), (4, 8))):
        expected = sum(np.bincount(log[first:last].ravel(), minlength=32) for log in logs)
        np.testing.assert_array_equal(recording.counts(i, 0), expected)
    both = np.stack(logs, 1)  # (steps, ranks, tokens)
    newest = [max((step + 1 for step in range(8) if code in both[step]), default=-1) for code in range(32)]
    np.testing.assert_array_equal(recording.last_chosen(2, 0), newest)
    np.testing.assert_array_equal(recording.scalars["batch_size"], 2 * TOKENS)
    assert not (trained[1] / "both-2").exists()


def test_a_recorder_in_one_of_two_processes_waits_for_nobody(trained):
    logs, recording = logs_of(trained[1], "alone"), open_recording(trained[1] / "alone")
    np.testing.assert_array_equal(recording.totals(2, 0), np.bincount(logs[0][:8].ravel(), minlength=32))
    words = "Only some of the 2 processes have a recorder"
    assert words in trained[0][0] and "of process 0 alone" in recording.notes[0]


@pytest.mark.parametrize("document", ["README.md", "explorer/recorder/README.md"])
def test_the_examples_of_the_documents_run(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = (ROOT / document).read_text(encoding="utf-8").split("```python\n")[1:]
    code = next(block.split("```")[0] for block in blocks if "Recorder(" in block)
    model = Small(vq())
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step(model, x):
        decoded, own = model(x)
        loss = (decoded - x).square().mean() + own
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    given = {
        "model": model,
        "data": [batch(number) for number in range(5)],
        **dict.fromkeys(("step_of_yours", "train_a_step"), step),
    }
    exec(compile(code, document, "exec"), given)
    recording = open_recording(tmp_path / "runs" / "first")
    assert recording.steps == (1, 5)


def test_a_loop_that_goes_back_by_itself_takes_its_steps_back(tmp_path):
    """As one that loads its best checkpoint when a loss was not finite."""
    with Recorder(tmp_path / "run", every=2) as recorder:
        for step in (*range(1, 11), 7, 8, 9):
            recorder.log(step, indices=torch.full((4,), step), codebook=torch.eye(16, 4))
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2, 4, 6, 7, 8, 9)
    expected = np.zeros(16, int)
    expected[1:10] = 4
    np.testing.assert_array_equal(recording.totals(6, 0), expected)
    np.testing.assert_array_equal(recording.last_chosen(6, 0), np.where(expected, np.arange(16), -1))
