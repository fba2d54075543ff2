"""Real trainings by the Trainer of transformers, recorded by the callback, resuming included."""

import pytest
import torch
from small_model import BATCH, CODES, SmallModel, counts_of, points

from explorer.joints.files.recording import open_recording

transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from explorer.recorder.callbacks.trainer import RecorderCallback  # noqa: E402


class Wrapped(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = SmallModel()

    def forward(self, x):
        loss, out = self.net(x)
        return {"loss": loss, "logits": out}


def trainer(tmp_path, model, steps, callback, accumulate=1, **more):
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"), max_steps=steps, per_device_train_batch_size=BATCH, use_cpu=True,
        gradient_accumulation_steps=accumulate, logging_steps=2, report_to=[], disable_tqdm=True, seed=0, **more,
    )  # fmt: skip
    data = [{"x": point} for point in points(BATCH * 8)]
    return transformers.Trainer(model, arguments, train_dataset=data, callbacks=[callback])


def test_every_token_is_counted_by_optimizer_steps(tmp_path):
    model = Wrapped()
    trainer(tmp_path, model, 6, RecorderCallback(tmp_path / "run", every=2), accumulate=2, save_strategy="no").train()
    run = open_recording(tmp_path / "run")
    assert run.ended and run.steps[-1] == 6 and run.levels[0].codebook_size == CODES
    assert run.totals(len(run.steps) - 1, 0).tolist() == counts_of(model.net.chosen)
    assert run.totals(len(run.steps) - 1, 0).sum() == 6 * 2 * BATCH and "loss" in run.loss_names


def test_a_run_that_is_resumed_goes_on_in_its_folder(tmp_path):
    first = Wrapped()
    saved = {"save_strategy": "steps", "save_steps": 4}
    trainer(tmp_path, first, 4, RecorderCallback(tmp_path / "run", every=2), **saved).train()
    second = Wrapped()
    going_on = trainer(tmp_path, second, 8, RecorderCallback(tmp_path / "run", every=2), **saved)
    going_on.train(resume_from_checkpoint=True)
    run = open_recording(tmp_path / "run")
    assert run.steps[-1] == 8
    assert run.totals(len(run.steps) - 1, 0).tolist() == counts_of(first.net.chosen + second.net.chosen)
