"""What the lab sends: the numbers of the frame on the plane, and only what the browser does not hold."""

import json
from functools import partial

import numpy as np
import pytest
import torch

from explorer.lab.measures import describe
from explorer.lab.quantizing import build_lab_quantizer
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.views.kit.wire.encoding import unpack
from explorer.views.lab.payload import curves_payload, events_payload, frame_payload, heat_payload
from explorer.views.lab.view import opening


def side_after(steps, **changes):
    side = LabSide(LabSettings().changed({"codebook_size": 8, "batch_size": 32, **changes}), torch.device("cpu"))
    for _ in range(steps):
        side.step()
    return side


def test_a_frame_of_two_dimensions_arrives_as_it_is():
    side = side_after(10)
    frame = side.frame()
    sent = json.loads(json.dumps(frame_payload(frame, 0, side.plane(0))))
    level = frame.levels[0]
    assert np.array_equal(unpack(sent["z"]), level.z_e) and np.array_equal(unpack(sent["codes"]), level.vectors)
    assert np.array_equal(unpack(sent["indices"]), level.indices) and np.array_equal(unpack(sent["state"]), level.state)
    assert sent["step"] == 10 and sent["latents_seen"] == 320 and sent["ceiling"] == 8
    assert sent["plane"] == {"kind": "exact", "explained": None, "fitted_at": None, "dims": 2, "metric": "euclidean"}
    assert sent["dead"] == level.dead and sent["pictures"]["kind"] == "points" and sent["gradient"] is None


def test_pictures_and_a_fitted_plane_are_said_to_be_that():
    side = side_after(3, dataset="digits", model="mlp", dim=6)
    sent = frame_payload(side.frame(), 0, side.plane(0))
    assert sent["plane"]["kind"] == "pca" and 0 < sent["plane"]["explained"] <= 1
    assert sent["pictures"]["kind"] == "images" and sent["pictures"]["inputs"]["shape"] == [8, 8, 8]


def test_a_reseed_is_sent_with_the_place_where_the_code_was():
    side = side_after(4, reseeding="random_latent", threshold=100.0, every=5)
    before = side.frame()
    side.step()
    frame = side.frame()
    sent = frame_payload(frame, 0, side.plane(0), before, side.events.since(before.step))
    assert len(sent["reseeds"]) == 8
    for code, x, y, again in sent["reseeds"]:
        assert np.allclose(before.levels[0].vectors[code], [x, y]) and again == 0
    assert frame_payload(frame, 0, side.plane(0), None, side.events.since(0))["reseeds"] == []


def test_only_what_is_new_is_sent():
    side = side_after(20, reseeding="random_latent", threshold=100.0, every=5)
    rows = unpack(curves_payload(side.curves, 15, describe)["rows"])
    assert rows[:, 0].tolist() == [16, 17, 18, 19, 20]
    heat = heat_payload(side.timeline, 0, 17)
    assert heat["steps"] == [18, 19, 20] and unpack(heat["counts"]).shape == (3, 8)
    assert np.array_equal(unpack(heat["counts"])[-1], side.timeline.nearest(20).levels[0].counts)
    side.frame()
    events = events_payload(side.events, side.events.total - 3)
    assert events["total"] == side.events.total == 32 and len(events["rows"]) == 2
    assert events["rows"][-1][1] == 20 and events["rows"][-1][6] == 1


def test_each_curve_has_a_label_and_measures_have_a_unit():
    side = side_after(2, quantizer="rvq")
    sent = curves_payload(side.curves, -1, partial(describe, levels=2))
    units = dict(zip(sent["names"], sent["units"], strict=True))
    kinds = dict(zip(sent["names"], sent["kinds"], strict=True))
    assert len(sent["names"]) == len(sent["labels"]) == len(sent["units"]) == len(sent["kinds"])
    assert units["perplexity_1"] and units["dead_0"] and kinds["reconstruction"] == "loss"
    assert all(units[name] for name, kind in kinds.items() if kind == "measure")


def test_the_opening_names_every_control():
    value = json.loads(opening("t", "", {"a": 1}, {"a": 0}, [], None))
    assert {control["name"] for control in value["controls"]} >= {"codebook_size", "decay", "reseeding"}


RULED = [("lfq", 5), ("bsq", 5), *(("fsq", levels) for levels in (2, 3, 5, 8))]


@pytest.mark.parametrize(("quantizer", "levels"), RULED, ids=lambda value: str(value))
@pytest.mark.parametrize("dim", [1, 2])
def test_the_cell_in_which_a_latent_of_a_rule_is_drawn_is_the_code_it_gets(quantizer, levels, dim):
    settings = LabSettings().changed({"quantizer": quantizer, "axis_levels": levels, "dim": dim})
    rule = build_lab_quantizer(settings).eval()
    axis = torch.linspace(-4, 4, 161)  # with 0, and for FSQ far into the bend of its tanh
    stage = rule(torch.cartesian_prod(*[axis] * dim).reshape(-1, dim)).stages[0]
    (codes,) = rule.tables()
    drawn, places = stage.z_e.double().numpy(), codes.double().numpy()  # what a frame holds
    distance = ((drawn[:, None] - places[None]) ** 2).sum(-1)
    nearest = np.sort(distance, axis=1)
    inside = nearest[:, 1] - nearest[:, 0] > 1e-6  # on a border both are right; float32 steps are smaller than this
    assert inside.mean() > 0.95
    assert np.array_equal(distance.argmin(1)[inside], stage.indices.numpy()[inside])
    assert set(stage.indices.numpy()) == set(range(len(places))), "the grid of points reaches every cell"
