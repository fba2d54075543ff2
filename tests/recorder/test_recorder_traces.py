"""What a recorder leaves in a model, in its copies and in other processes: nothing."""

import copy

import numpy as np
import pytest
import torch

from explorer.quantizers import QUANTIZERS
from explorer.recorder import Recorder, open_recording
from tests.recorder.made_training import TOKENS, Small, batch, counted, train, vq


def test_a_second_recorder_of_one_folder_records_beside_it(tmp_path):
    first, second = Small(vq()), Small(vq())
    one = Recorder(tmp_path / "run", every=2).watch(first)
    train(first, one, 4)
    one.flush()
    with pytest.warns(RuntimeWarning, match=r"records into .* already.*This process records into run-2 beside it"):
        other = Recorder(tmp_path / "run", every=2).watch(second)
        train(second, other, 6)
        other.close()
    one.close()
    assert other.folder == tmp_path / "run-2"
    assert open_recording(tmp_path / "run").steps == (1, 2, 4)
    assert open_recording(tmp_path / "run-2").scalars["latents_seen"][-1] == 6 * TOKENS


def test_hooks_are_taken_off_and_nothing_else_is_left(tmp_path):
    model = Small(vq())
    recorder = Recorder(tmp_path / "run").watch(model, probe=batch(0))
    recorder.close()
    recorder.close()
    recorder.step()
    for module in model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
    assert "replace" not in vars(model.quantizer._codebook)
    model(batch(1))


@pytest.mark.parametrize("how", ["copy", "file"])
@pytest.mark.parametrize("kind", ["theirs", "ours"])
def test_copies_and_files_of_a_watched_model_have_nothing_of_the_recorder(kind, how, tmp_path):
    """As a running average of the weights is a deep copy, and a checkpoint may be a whole model."""
    quantizer = vq(threshold_ema_dead_code=2) if kind == "theirs" else QUANTIZERS.load("vq")(8, 32)
    model = Small(quantizer)
    with Recorder(tmp_path / "run", every=2).watch(model, probe=batch(0)) as recorder:
        train(model, recorder, 4)
        if how == "copy":
            other = copy.deepcopy(model)
        else:
            torch.save(model, tmp_path / "model.pt")
            other = torch.load(tmp_path / "model.pt", weights_only=False)
        kept = [value.clone() for value in model.state_dict().values()]
        train(other, None, 6)
        assert all(torch.equal(a, b) for a, b in zip(kept, model.state_dict().values(), strict=True))
        train(model, recorder, 2, first=4)
    assert not all(torch.equal(a, b) for a, b in zip(kept, other.state_dict().values(), strict=True))
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.totals(len(recording.steps) - 1, 0), counted(model, 32))
    assert recording.notes == ()


def test_a_fork_of_the_process_ends_without_the_recorder(tmp_path):
    recorder = Recorder(tmp_path / "run", every=1)
    recorder.log(1, indices=torch.arange(4), codebook_size=8)
    recorder.flush()
    monkey = recorder._process
    recorder._process = monkey + 1  # as the copy of the recorder in another process has it
    recorder.close()
    recorder._process = monkey
    recorder.log(2, indices=torch.arange(4), codebook_size=8)
    recorder.close()
    assert open_recording(tmp_path / "run").steps == (1, 2)
