"""Cells and slices against nearest-code search at many random points."""

import numpy as np
import pytest

from explorer.analysis import voronoi
from explorer.analysis.voronoi import cells, plane_through, slice_regions
from explorer.errors import RecordError, SettingsError
from explorer.record import Codebook, LatticeRule

BOX = (-1.0, 2.0, -1.5, 1.0)


def area(polygon):
    """Shoelace formula; positive for a counter-clockwise polygon."""
    x, y = polygon.T
    return 0.5 * (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()


def contains(polygon, points, slack=1e-9):
    """Is each point left of every side of the counter-clockwise convex polygon?"""
    sides = np.roll(polygon, -1, axis=0) - polygon
    to = points[:, None] - polygon
    return (sides[:, 0] * to[..., 1] - sides[:, 1] * to[..., 0] >= -slack).all(axis=1)


@pytest.mark.parametrize("spread", [0.5, 3.0], ids=["inside the box", "many outside the box"])
def test_cells_hold_exactly_the_points_nearest_to_their_code(spread):
    rng = np.random.default_rng(0)
    points = rng.normal(scale=spread, size=(40, 2))
    found = cells(points, BOX)
    where = rng.uniform((BOX[0], BOX[2]), (BOX[1], BOX[3]), size=(3000, 2))
    nearest = np.linalg.norm(where[:, None] - points, axis=-1).argmin(axis=1)
    for code, polygon in enumerate(found):
        mine = nearest == code
        if len(polygon) == 0:
            assert not mine.any()
        else:
            assert (contains(polygon, where) == mine).all()
    assert sum(area(p) for p in found if len(p)) == pytest.approx(3.0 * 2.5)


def test_one_code_owns_the_box_and_collinear_codes_share_it_in_strips():
    assert area(cells(np.array([[9.0, 9.0]]), BOX)[0]) == pytest.approx(7.5)
    strips = cells(np.array([[-1.0, 0], [0.0, 0], [1.0, 0]]), BOX)
    assert [area(p) for p in strips] == pytest.approx([0.5 * 2.5, 2.5, 1.5 * 2.5])


def test_equal_codes_leave_the_cell_to_the_lowest_number():
    found = cells(np.array([[1.0, 0], [-0.5, 0], [1.0, 0]]), BOX)
    assert [len(p) > 0 for p in found] == [True, True, False]
    assert area(found[0]) + area(found[1]) == pytest.approx(7.5)


def test_cells_refuse_what_is_not_2d_finite_or_has_no_area():
    for points in (np.zeros((3, 3)), np.array([[0.0, np.nan]])):
        with pytest.raises(RecordError, match="finite points"):
            cells(points, BOX)
    with pytest.raises(SettingsError, match="no area"):
        cells(np.zeros((1, 2)), (0, 0, 0, 1))


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
