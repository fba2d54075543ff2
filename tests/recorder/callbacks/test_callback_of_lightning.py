"""Real trainings by Lightning, recorded by the callback: counts agree with the model's own log of its indices."""

import pytest
import torch
from small_model import BATCH, CODES, SmallModel, counts_of, points

from explorer.joints.files.recording import open_recording

lightning = pytest.importorskip("lightning.pytorch")

from explorer.recorder.callbacks.lightning import RecorderCallback  # noqa: E402


class Lit(lightning.LightningModule):
    def __init__(self, breaks_at=None):
        super().__init__()
        self.net, self.breaks_at = SmallModel(), breaks_at

    def training_step(self, batch, number):
        if number == self.breaks_at:
            raise RuntimeError("no more")
        loss, _ = self.net(batch)
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 1e-2)


def fit(tmp_path, model, callback, steps, accumulate=1, **more):
    trainer = lightning.Trainer(
        max_steps=steps, accumulate_grad_batches=accumulate, callbacks=[callback], accelerator="cpu", logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    data = torch.utils.data.DataLoader(points(BATCH * steps * accumulate), batch_size=BATCH)
    trainer.fit(model, data, **more)


def test_every_token_of_every_step_is_counted(tmp_path):
    model = Lit()
    fit(tmp_path, model, RecorderCallback(tmp_path / "run", every=4), steps=10)
    run = open_recording(tmp_path / "run")
    assert run.ended and run.steps[-1] == 10 and [level.codebook_size for level in run.levels] == [CODES]
    assert run.totals(len(run.steps) - 1, 0).tolist() == counts_of(model.net.chosen)
    assert "train_loss" in run.loss_names


def test_a_step_of_accumulated_batches_is_one(tmp_path):
    model = Lit()
    fit(tmp_path, model, RecorderCallback(tmp_path / "run", every=2), steps=4, accumulate=3)
    run = open_recording(tmp_path / "run")
    assert run.steps[-1] == 4 and run.totals(len(run.steps) - 1, 0).tolist() == counts_of(model.net.chosen)
    assert run.totals(len(run.steps) - 1, 0).sum() == 4 * 3 * BATCH


def test_a_training_that_breaks_off_says_why(tmp_path):
    with pytest.raises(RuntimeError, match="no more"):
        fit(tmp_path, Lit(breaks_at=5), RecorderCallback(tmp_path / "run", every=2), steps=10)
    run = open_recording(tmp_path / "run")
    assert run.ended and any("RuntimeError: no more" in note for note in run.notes)
