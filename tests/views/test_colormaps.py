"""Colour maps against plotly's and scikit-image's own, and Python against the browser's copy."""

import json
import re
import subprocess

import numpy as np
import plotly.colors
import pytest
from skimage.color import rgb2lab

from explorer.foundation.colormaps import TABLES, colormap, hashed_position, oklab_to_srgb, plane
from explorer.views.kit.page.component import VIEWS_FOLDER


@pytest.mark.parametrize("name", ["viridis", "cividis"])
def test_anchors_are_the_published_ones(name):
    published = getattr(plotly.colors.sequential, name.title())
    assert [f"#{h}" for h in TABLES[name].split()] == published


@pytest.mark.parametrize("name", ["viridis", "cividis"])
def test_lightness_rises_evenly(name):
    lightness = rgb2lab(colormap(name, np.linspace(0, 1, 256))[None] / 255)[0, :, 0]
    assert (np.diff(lightness[::8]) > 0).all()
    assert lightness[-1] - lightness[0] > 60


def test_diverging_is_white_in_the_middle_and_balanced_at_its_ends():
    lightness = rgb2lab(colormap("diverging", np.linspace(0, 1, 257))[None] / 255)[0, :, 0]
    assert lightness.argmax() == 128
    assert abs(lightness[0] - lightness[-1]) < 12


def test_oklab_of_known_colours():
    known = {
        (1.0, 0.0, 0.0): (1, 1, 1),
        (0.62796, 0.22486, 0.12585): (1, 0, 0),
        (0.45201, -0.03246, -0.31153): (0, 0, 1),
    }
    for lab, rgb in known.items():
        np.testing.assert_allclose(oklab_to_srgb(np.array(lab)), rgb, atol=2e-3)


def test_plane_steps_are_even_and_survive_without_red_and_green():
    t = np.linspace(0, 1, 11)
    grid = np.stack(np.meshgrid(t, t, indexing="ij"), axis=-1)
    lab = rgb2lab(plane(grid) / 255)
    steps = np.concatenate([np.linalg.norm(np.diff(lab, axis=a), axis=-1).ravel() for a in (0, 1)])
    assert steps.min() > 1.5 and steps.max() / np.median(steps) < 3
    without = lab[..., [0, 2]]  # lightness and blue-yellow: what is left without red-green vision
    corners = without[[0, 0, -1, -1], [0, -1, 0, -1]]
    apart = np.linalg.norm(corners[:, None] - corners[None], axis=-1)[np.triu_indices(4, 1)]
    assert apart.min() > 20


def test_hashed_positions_cover_the_square():
    cells = np.floor(hashed_position(np.arange(64)) * 4).astype(int)
    counts = np.bincount(cells[:, 0] * 4 + cells[:, 1], minlength=16)
    assert counts.min() >= 2 and counts.max() <= 6


def test_browser_tables_and_formulas_agree(node):
    source = (VIEWS_FOLDER / "kit" / "draw" / "colormaps.js").read_text(encoding="utf-8")
    assert dict(re.findall(r'(\w+): "([0-9a-f ]+)"', source)) == dict(TABLES)
    script = (
        f"import * as c from {json.dumps((VIEWS_FOLDER / 'kit' / 'draw' / 'colormaps.js').as_uri())};"
        "const t = [...Array(21).keys()].map((i) => i / 20);"
        "console.log(JSON.stringify({v: t.map((x) => c.colormap('viridis', x)),"
        "p: t.map((x, i) => c.plane(x, t[(i * 7) % 21])), h: t.map((_, i) => c.hashedPosition(i))}))"
    )
    out = subprocess.run([node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    js = json.loads(out.stdout)
    t = np.arange(21) / 20
    np.testing.assert_array_equal(js["v"], colormap("viridis", t))
    np.testing.assert_allclose(js["p"], plane(np.stack([t, t[np.arange(21) * 7 % 21]], -1)).astype(int), atol=1)
    np.testing.assert_allclose(js["h"], hashed_position(np.arange(21)), atol=1e-12)
