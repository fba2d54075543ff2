"""The stick figure: places of joints by hand, and the motion that ships as a file."""

import json

import numpy as np
import pytest

from explorer.joints.columns import Column, in_units
from explorer.media.medium import load_medium, tokenized
from explorer.media.rows.motion_file import motion_bytes, motion_path
from explorer.media.rows.series import LoadedSeries, fit_series
from explorer.media.rows.skeleton import JOINTS, KNOWN, bones, pose
from explorer.media.rows.synthetic import walk
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer
from explorer.views.inspect.player.series import series_payload
from explorer.views.kit.wire.encoding import unpack

PLAIN = [Column(name, "deg") for name in KNOWN]
AT = {name: place for place, name in enumerate(JOINTS)}


def posed(unit="deg", **angles):
    """One pose; names with "_" for a blank."""
    columns = [Column(name, unit) for name in KNOWN]
    values = np.array([[angles.get(name.replace(" ", "_"), 0.0) for name in KNOWN]])
    return pose(values, columns)[0]


def test_who_stands_upright_is_as_tall_as_a_body():
    found = posed()
    assert found[AT["pelvis"]] == pytest.approx([0, 0.245 + 0.246]), "the legs under the hip"
    assert found[AT["neck"]] == pytest.approx([0, 0.491 + 0.288])
    assert found[AT["left toe"]] == pytest.approx([0.152, 0]) and found[AT["right ankle"]] == pytest.approx([0, 0])
    assert found[AT["right hand"]] == pytest.approx([0, 0.779 - 0.186 - 0.146])
    assert found[:, 1].min() == 0 and len(bones()) == 12


def test_joints_turn_as_they_do_in_gait():
    """A thigh raised level, its shank hanging: the other leg stands; an arm bent forwards; a trunk that leans."""
    found = posed(left_hip=90, left_knee=90, right_shoulder=90, trunk=90)
    assert found[AT["left knee"]] == pytest.approx([0.245, 0.491])
    assert found[AT["left ankle"]] == pytest.approx([0.245, 0.491 - 0.246])
    assert found[AT["left toe"]] == pytest.approx([0.245 + 0.152, 0.245])
    assert found[AT["neck"]] == pytest.approx([0.288, 0.491])
    assert found[AT["right elbow"]] == pytest.approx([0.288 + 0.186, 0.491])
    toes_up = posed(right_ankle=30)
    assert toes_up[AT["right toe"]] == pytest.approx([0.152 * np.cos(np.pi / 6), 0.076])
    bent = posed(left_shoulder=0, left_elbow=90)
    assert bent[AT["left hand"]] == pytest.approx([0.146, 0.491 + 0.288 - 0.186])
    kneeling = posed(left_knee=120, right_knee=120)
    assert kneeling[:, 1].min() == 0, "the lowest point is on the ground"


def test_names_and_units_of_files():
    radians = posed("rad", left_hip=np.pi / 2, left_knee=np.pi / 2)
    np.testing.assert_allclose(radians, posed(left_hip=90, left_knee=90), atol=1e-12)
    few = [Column(name) for name in ("Left_Hip", "RIGHT HIP", "left_knee", "right knee", "x")]
    found = pose(np.array([[90, 0, 90, 0, 7.0]]), few)
    np.testing.assert_allclose(found[0], posed(left_hip=90, left_knee=90), atol=1e-12)
    assert pose(np.zeros((3, 4)), [*few[:3], Column("x")]) is None


def test_the_file_is_what_its_command_writes_and_reads_as_the_sample():
    assert motion_path().read_bytes() == motion_bytes()
    assert b"Made by formula".lower() in motion_bytes().lower() and len(motion_bytes()) < 20_000
    read, made = load_medium(motion_path()), walk()
    assert isinstance(read, LoadedSeries) and read.rate_hz == 30 and read.columns == made.columns
    np.testing.assert_allclose(read.values, made.values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["series-vq", "series-rvq", "fast-actions"])
def test_every_tokenizer_of_series_moves_it(name):
    record = tokenized(load_medium(motion_path()), load_tokenizer(name), 256)
    value = json.loads(series_payload(record, record.reconstruction))["figure"]
    original, decoded = (unpack(value[key]) for key in ("original", "decoded"))
    assert original.shape == decoded.shape == (len(record.media), len(JOINTS), 2)
    np.testing.assert_allclose(original, pose(in_units(record.media, record.columns), record.columns), atol=1e-6)
    assert value["apart"] == pytest.approx(100 * np.hypot(*(original - decoded).transpose(2, 0, 1)).mean(), rel=1e-4)
    assert 0 < value["apart"] < 3
    fitted = fit_series(walk(), load_tokenizer(name).spec.columns, 10)
    assert fitted.values.shape[1] == 11 and json.loads(series_payload(_arm(name), None))["figure"] is None


def _arm(name):
    return tokenized(SAMPLES["reach"].load(), load_tokenizer(name), 256)
