"""Files of a run: what is written can be read back, without pickle, and agrees with the run."""

import csv
import io
import json
from dataclasses import asdict

import numpy as np
import torch

from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide


def side_after(steps, **changes):
    side = LabSide(LabSettings().changed({"codebook_size": 8, "batch_size": 32, **changes}), torch.device("cpu"))
    for _ in range(steps):
        side.step()
    side.frame()
    return side


def test_an_npz_holds_frames_curves_and_events():
    side = side_after(40, reseeding="split", threshold=3.0, every=5)
    data = side.npz()
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        meta = json.loads(str(file["meta"]))
        assert meta["settings"]["codebook_size"] == 8 and set(meta["settings"]) == set(asdict(side.settings))
        assert meta["reseeds"] == side.events.total > 0
        assert file["frame_step"].tolist() == side.timeline.steps == list(range(41))
        last = side.timeline.nearest(40).levels[0]
        assert np.array_equal(file["l0_vectors"][-1], last.vectors)
        assert np.array_equal(file["l0_indices"][-1], last.indices)
        assert file["l0_z_e"].shape == (41, *last.z_e.shape)
        assert "EMA over the steps so far" in meta["counts"]  # older files have the start value in them, and no word
        column = meta["curves"].index("perplexity_0")
        assert file["curve_values"][-1, column] == np.float32(side.trainer.measures["perplexity_0"])
        assert len(file["events"]) == len(file["event_strategy"]) == side.events.total
        assert set(file["event_strategy"]) == {"split"}


def test_a_csv_names_units_and_leaves_what_is_missing_empty():
    side = side_after(5)
    side.curves.add(6, {"reconstruction": 0.25})
    heading, *rows = csv.reader(io.StringIO(side.csv().decode()))
    assert heading[0] == "step" and any(name.startswith("perplexity_0 [codes") for name in heading)
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[5][1] == "0.25" and set(rows[5][2:]) == {""}
