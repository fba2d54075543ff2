"""Folders as the Trainer of transformers writes them: the model is read, what its training needs to go on is not."""

import pytest
import torch
from made_trainer import BESIDE, TABLE, WEIGHTS, write_trainer_folder

from explorer.analysis.opening.timeline import read_timeline
from explorer.foundation.errors import CheckpointError, SettingsError
from explorer.loading.folders import is_of_training
from explorer.loading.reading import iterate_tensors, read_header

OTHERS = (
    "optimizer.bin",
    "rng_state_0.pth",
    "rng_state_11.pth",
    "random_states_0.pkl",
    "scheduler.bin",
    "sampler_1.bin",
)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_model_is_read_and_the_rest_is_named(weights, tmp_path):
    folder = write_trainer_folder(tmp_path / "checkpoint-500", weights=weights)
    header = read_header(folder)
    found = dict(iterate_tensors(header, list(header.tensors)))
    assert sorted(found) == ["head.bias", "vq.embedding"] and torch.equal(found["vq.embedding"], TABLE)
    taken = {
        "model.safetensors.index.json": "model-00001-of-00002.safetensors and model-00002-of-00002.safetensors are",
        "pytorch_model.bin.index.json": "pytorch_model-00001-of-00002.bin and pytorch_model-00002-of-00002.bin are",
    }.get(weights, f"{weights} is")
    left = "optimizer.pt, rng_state.pth, scaler.pt, scheduler.pt, training_args.bin are not."
    assert header.notes == (f"Of the files there {taken} read as the weights; {left}",)


def test_a_model_of_another_name_is_found_by_what_stands_beside_it(tmp_path):
    folder = write_trainer_folder(tmp_path / "checkpoint-500", weights="mine.pt")
    assert sorted(read_header(folder).tensors) == ["head.bias", "vq.embedding"]
    torch.save({"x": TABLE}, folder / "another.pt")
    with pytest.raises(CheckpointError, match=r"several files of weights: another\.pt, mine\.pt\. Name one"):
        read_header(folder)


def test_names_of_models_are_not_taken_for_those_of_trainers():
    assert all(map(is_of_training, (*BESIDE, *OTHERS)))
    for name in ("model.safetensors", "pytorch_model.bin", "optimizer_net.pt", "my_optimizer.pt", "step_500.pt"):
        assert not is_of_training(name)


def test_where_there_is_nothing_else_the_state_of_an_optimizer_is_still_read(tmp_path):
    torch.save({"state": TABLE}, tmp_path / "optimizer.pt")
    assert list(read_header(tmp_path).tensors) == ["state"] and read_header(tmp_path).notes == ()


@pytest.mark.parametrize("weights", WEIGHTS)
def test_folders_of_a_run_are_its_timeline(weights, tmp_path):
    for step in (500, 1000):
        write_trainer_folder(tmp_path / "run" / f"checkpoint-{step}", TABLE * step, weights)
    timeline = read_timeline([tmp_path / "run"])
    assert [moment.step for moment in timeline.moments] == [500, 1000]
    assert {life.key for life in timeline.lives} == {"vq.embedding"}
    assert sum(note.startswith("Of the files there") for note in timeline.notes) == 1


@pytest.mark.parametrize("weights", WEIGHTS)
def test_one_folder_of_a_trainer_is_one_checkpoint_and_no_timeline_of_its_files(weights, tmp_path):
    folder = write_trainer_folder(tmp_path / "checkpoint-500", weights=weights)
    with pytest.raises(SettingsError, match="needs two checkpoints or more, and 1 can be read"):
        read_timeline([folder])
