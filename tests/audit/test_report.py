"""The report: its numbers are those of the audit, nothing in it can act, and every kind of audit has one."""

import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from small_audit import after

from explorer.analysis.pictures.sheets import cut_patches
from explorer.audit.figures import Series, chart, heatmap_png, short
from explorer.audit.indices import audit_indices
from explorer.audit.report import html_report
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.joints.measures.usage import usage_of_counts


@pytest.fixture
def audit(grey, pictures):
    return run_audit(grey, open_source(pictures[0]), title="Eleven")


class Reader(HTMLParser):
    """Tags, attributes and text of a page, and whether every tag that must be is closed."""

    VOID = ("meta", "img", "br", "line", "circle", "polyline")

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_numbers_are_those_of_the_audit(grey, audit, pictures):
    html = html_report(audit, grey.codebooks(), cut_patches(audit, open_source(pictures[0]), grey))
    page = Reader(html)
    text = " ".join(page.text)
    assert page.open == [] and page.tags.count("svg") == 6 and page.tags.count("h2") >= 3
    for level in audit.levels:
        one = usage_of_counts(level.counts)
        assert f"{one.perplexity:,.1f} of {one.ceiling:,}" in text and f"{one.entropy_bits:.3f} bits" in text
    assert f"{audit.joint.distinct:,} of {audit.joint.ceiling:,.0f}" in text and "Diagnosis" in text
    assert page.tags.count("img") == 2 + 6  # a heatmap and three sheets a level


def test_it_needs_nothing_else_and_runs_nothing(grey, audit, pictures):
    page = Reader(html_report(audit, grey.codebooks(), cut_patches(audit, open_source(pictures[0]), grey)))
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on") and name != "href"
        assert name != "src" or value.startswith("data:image/png;base64,")
    assert any(name == "content" and value.startswith("default-src 'none'") for name, value in page.attributes)


def test_text_of_people_is_escaped(audit):
    evil = '<img src=x onerror="alert(1)">&'
    page = Reader(html_report(replace(audit, title=evil, skipped=((evil, evil),), planned=12)))
    assert [v for n, v in page.attributes if n == "onerror"] == [] and "".join(page.text).count(evil) >= 4


def test_every_kind_of_audit_has_a_report(grey, pictures, tmp_path):
    empty = run_audit(grey, open_source(pictures[0]), title="t", cancelled=after(0))
    assert "partial: 0 of 11" in html_report(empty)
    one = run_audit(grey, open_source(pictures[0]), title="t", cancelled=after(1))
    assert Reader(html_report(one)).tags.count("svg") == 6
    np.save(tmp_path / "i.npy", np.zeros(1, int))
    single = Reader(html_report(audit_indices(tmp_path / "i.npy", 5)))
    assert single.open == [] and "1 codes, 100.0% of the 1" in " ".join(single.text)


def test_patches_of_media_that_are_gone_are_left_empty(grey, audit, pictures):
    root, paths = pictures
    source = open_source(root)
    for path in paths[1:]:
        path.unlink()
    for level, patches in zip(audit.levels, cut_patches(audit, source, grey), strict=True):
        assert (patches.there == (level.exemplars.medium[patches.codes] == 0)).all() and patches.there.any()
        assert (patches.patches[~patches.there] == 128).all()


def test_points_of_a_chart_lie_where_they_should():
    """Linear: the lowest x at the left edge, the highest at the right; logarithmic: 10 half-way between 1 and 100."""
    drawn = ElementTree.fromstring(
        chart([Series("a < b", np.array([1, 10, 100]), np.array([0, 5, 10]))], "x & y", "y", True)
    )
    (line,) = [one for one in drawn if one.tag == "polyline"]
    points = [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
    assert [x for x, _ in points] == [64, 64 + (446 - 64) / 2, 446] and [y for _, y in points] == [216, 114, 12]
    assert "x & y" in "".join(drawn.itertext()) and "a < b" in "".join(drawn.itertext())


def test_a_chart_leaves_out_what_its_axes_cannot_show():
    series = Series("s", np.array([0.0, 1, 2, np.nan]), np.array([1.0, 0, 3, 4]), "dots")
    assert len(re.findall("<circle", chart([series], "x", "y", log_x=True, log_y=True))) == 1
    assert len(re.findall("<circle", chart([series], "x", "y"))) == 3
    assert "Nothing to draw" in chart([Series("s", np.array([0]), np.array([1]))], "x", "y", log_x=True)


def test_the_heatmap_tells_unused_codes_by_more_than_their_colour():
    pixels = np.asarray(
        Image.open(io.BytesIO(heatmap_png(np.array([0, 1, 50, 1000, 3]))))
    )  # 3 cells a row, 170 px each
    cell = [pixels[r * 170 : r * 170 + 170, c * 170 : c * 170 + 170].reshape(-1, 3) for r in (0, 1) for c in range(3)]
    assert pixels.shape == (340, 510, 3)
    assert set(map(tuple, cell[0].tolist())) == {(255, 255, 255), (60, 60, 60)}
    assert all(len(np.unique(one, axis=0)) == 1 for one in cell[1:5]) and set(cell[5].ravel()) == {128}
    light = [one.mean() for one in cell[1:5]]
    assert light[0] < light[3] < light[1] < light[2]
    assert np.asarray(Image.open(io.BytesIO(heatmap_png(np.arange(262_144))))).shape == (512, 512, 3)


def test_numbers_of_an_axis():
    values = {0: "0", 0.25: "0.25", 1000: "1,000", 20_000: "20 k", 3e6: "3 M", 1e10: "10 G"}
    assert {value: short(value) for value in values} == values
