"""Slices against nearest-code search at every point; the exact cells of the browser are in `lab_voronoi.test.js`."""

import numpy as np
import pytest

from explorer.analysis.codes import voronoi
from explorer.analysis.codes.voronoi import plane_through, slice_regions
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import Codebook, LatticeRule

BOX = (-1.0, 2.0, -1.5, 1.0)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([[0, 0], [4, 2]], (-0.4, 4.4, -0.44, 2.44)),  # 0.6 of the longer side: 2.88 high
        ([[0, 1], [1, 1], [3, 1]], (-0.3, 3.3, -0.08, 2.08)),  # on a line
        ([[100, 7]] * 3, (90, 110, -3, 17)),  # collapsed
        ([[0, 0]], (-0.1, 0.1, -0.1, 0.1)),
    ],
)
def test_the_box_has_room_on_every_side_and_is_never_a_strip(points, expected):
    assert voronoi.box_around(np.array(points, np.float32), 0.1) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
def test_slice_is_the_nearest_code_in_all_dimensions(metric, monkeypatch):
    monkeypatch.setattr(voronoi, "_SLICE_BYTES", 8 * 9 * 6 * 4)  # four rows of the grid at once
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(30, 6)).astype(np.float32)
    plane = plane_through(Codebook(30, 6, metric, vectors=vectors))
    found = slice_regions(
        Codebook(30, 6, metric, vectors=vectors), plane.origin, plane.axis_u, plane.axis_v, (-1, 2, 0, 3), 9
    )
    assert found.dtype == np.int32
    for row in range(9):
        for column in range(9):
            u, v = -1 + 3 * (column + 0.5) / 9, 3 * (row + 0.5) / 9
            x = plane.origin + u * plane.axis_u + v * plane.axis_v
            if metric == "euclidean":
                expected = np.linalg.norm(vectors - x, axis=1).argmin()
            else:
                norms = np.linalg.norm(vectors, axis=1) if metric == "cosine" else 1
                expected = (vectors @ x / norms).argmax()
            assert found[row, column] == expected


def test_slice_of_a_lattice_and_its_plane():
    axes = (tuple(np.linspace(-1, 1, 5)), tuple(np.linspace(-1, 1, 3)), (-1.0, 1.0))
    codebook = Codebook(30, 3, "implicit", rule=LatticeRule("fsq", axes, first_axis_most_significant=False))
    plane = plane_through(codebook)
    assert plane.extent == pytest.approx((-1.3, 1.3, -1.3, 1.3))
    origin = plane.origin + np.array([0, 0, 0.5])
    found = slice_regions(codebook, origin, plane.axis_u, plane.axis_v, (-1.25, 1.25, -1.5, 1.5), 15)
    rows = codebook.rows(np.arange(30))
    grid = np.stack(
        np.meshgrid(-1.25 + 2.5 * (np.arange(15) + 0.5) / 15, -1.5 + 3 * (np.arange(15) + 0.5) / 15), axis=-1
    )
    lifted = np.concatenate([grid, np.full((15, 15, 1), 0.5)], axis=-1)
    assert (found == np.linalg.norm(lifted[:, :, None] - rows, axis=-1).argmin(axis=-1)).all()


def test_pca_plane_holds_all_codes_and_is_orthonormal():
    vectors = (np.random.default_rng(2).normal(size=(50, 4)) * [1, 5, 1, 3]).astype(np.float32)
    plane = plane_through(Codebook(50, 4, "euclidean", vectors=vectors))
    axes = np.stack([plane.axis_u, plane.axis_v])
    assert axes @ axes.T == pytest.approx(np.eye(2), abs=1e-6)
    assert np.abs(axes).argmax(axis=1).tolist() == [1, 3]
    feet = plane.project(vectors)
    u_min, u_max, v_min, v_max = plane.extent
    assert (feet > [u_min, v_min]).all() and (feet < [u_max, v_max]).all()


def test_plane_through_three_codes_gives_each_its_own_region():
    vectors = np.random.default_rng(3).normal(size=(12, 5)).astype(np.float32)
    codebook = Codebook(12, 5, "euclidean", vectors=vectors)
    plane = plane_through(codebook, "codes", (2, 7, 9))
    feet = plane.project(vectors[[2, 7, 9]])
    for code, (u, v) in zip((2, 7, 9), feet, strict=True):
        assert plane.origin + u * plane.axis_u + v * plane.axis_v == pytest.approx(vectors[code], abs=1e-5)
        box = (u - 1e-3, u + 1e-3, v - 1e-3, v + 1e-3)
        assert slice_regions(codebook, plane.origin, plane.axis_u, plane.axis_v, box, 1)[0, 0] == code
    assert "2, 7 and 9" in plane.note


def test_codes_nearly_in_line_still_show_what_lies_beside_them():
    vectors = np.array([[0, 0, 1], [10, 0, 1], [4, 0.1, 1], [5, 9, 1]], np.float32)
    plane = plane_through(Codebook(4, 3, "euclidean", vectors=vectors), "codes", (0, 1, 2))
    u_min, u_max, v_min, v_max = plane.extent
    assert (u_min, u_max) == pytest.approx((-1.5, 11.5))
    assert v_max - v_min == pytest.approx(0.6 * 13)
    assert (v_min + v_max) / 2 == pytest.approx(0.05, abs=1e-6)


def test_a_collapsed_codebook_still_has_a_plane_with_area():
    plane = plane_through(Codebook(4, 3, "euclidean", vectors=np.ones((4, 3), np.float32)))
    u_min, u_max, v_min, v_max = plane.extent
    assert u_min < u_max and v_min < v_max


@pytest.mark.parametrize(
    ("dim", "arguments", "error", "words"),
    [
        (1, {}, RecordError, "no plane"),
        (3, {"kind": "codes", "codes": (0, 1, 1)}, RecordError, "one line"),
        (3, {"kind": "codes", "codes": (0, 0, 1)}, RecordError, "one line"),
        (3, {"kind": "codes"}, SettingsError, "three"),
        (3, {"kind": "tsne"}, SettingsError, "'tsne'"),
    ],
)
def test_impossible_planes_are_named(dim, arguments, error, words):
    vectors = np.arange(2 * dim, dtype=np.float32).reshape(2, dim)
    with pytest.raises(error, match=words):
        plane_through(Codebook(2, dim, "euclidean", vectors=vectors), **arguments)


def test_a_slice_without_pixels_is_named():
    codebook = Codebook(1, 2, "euclidean", vectors=np.zeros((1, 2), np.float32))
    with pytest.raises(SettingsError, match="not 0"):
        slice_regions(codebook, np.zeros(2), np.eye(2)[0], np.eye(2)[1], BOX, 0)


def test_codes_that_are_not_finite_do_not_turn_the_plane():
    vectors = np.random.default_rng(4).normal(size=(20, 3)).astype(np.float32)
    sick = np.concatenate([vectors, np.full((2, 3), np.nan, np.float32), np.full((1, 3), np.inf, np.float32)])
    plane = plane_through(Codebook(23, 3, "euclidean", vectors=sick))
    well = plane_through(Codebook(20, 3, "euclidean", vectors=vectors))
    assert (plane.axis_u == well.axis_u).all() and plane.extent == well.extent
    with pytest.raises(RecordError, match="code 21 is NaN"):
        plane_through(Codebook(23, 3, "euclidean", vectors=sick), "codes", (0, 1, 21))
    with pytest.raises(RecordError, match="every code is NaN"):
        plane_through(Codebook(2, 3, "euclidean", vectors=np.full((2, 3), np.nan, np.float32)))
