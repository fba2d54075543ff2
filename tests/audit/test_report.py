"""The report: its numbers are those of the audit, only plotly.js acts in it, and every kind of audit has one."""

import io
import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
from made_audits import audit_of, counted, table
from PIL import Image
from plotly.offline import get_plotlyjs
from small_audit import after

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.pictures.sheets import cut_patches
from explorer.analysis.severity import WORDS, with_word
from explorer.audit.indices.run import audit_indices
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.figures.reports.audit import html_report
from explorer.figures.reports.heatmap import heatmap_png
from explorer.figures.reports.settings_words import settings_words
from explorer.foundation.words import typeset
from explorer.joints.files.audits import load_audit, save_audit
from explorer.joints.measures.usage import usage_of_counts
from tests.conftest import ROOT


@pytest.fixture
def audit(grey, pictures):
    return run_audit(grey, open_source(pictures[0]), title="Eleven")


class Reader(HTMLParser):
    """Tags, attributes and text of a page, and whether every tag that must be is closed."""

    VOID = ("meta", "img", "br", "line", "circle", "polyline")

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.open, self.scripts = [], [], [], [], []
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
        (self.scripts if self.open and self.open[-1] == "script" else self.text).append(data)

    @property
    def drawn(self):
        """How many figures have a place."""
        return sum(name == "data-figure" for name, _ in self.attributes)


def test_the_numbers_are_those_of_the_audit(grey, audit, pictures):
    html = html_report(audit, grey.codebooks(), cut_patches(audit, open_source(pictures[0]), grey))
    page = Reader(html)
    text = " ".join(page.text)
    assert page.open == [] and page.drawn == 2 + 2 * 6 and page.tags.count("h2") >= 3
    for level in audit.levels:
        one = usage_of_counts(level.counts)
        assert f"{one.perplexity:,.1f} of {one.ceiling:,}" in text and f"{one.entropy_bits:.3f} bits" in text
    assert f"{audit.joint.distinct:,} of {audit.joint.ceiling:,.0f}" in text and "Diagnosis" in text
    assert page.tags.count("img") == 2 + 6  # a heatmap and three sheets a level


def test_settings_and_findings_are_said_as_on_the_page(grey, audit, tmp_path):
    page = " ".join(Reader(html_report(audit, grey.codebooks())).text)
    assert "seed 0; longest side 1,024 px at most; scaled by the lanczos filter" in page
    said = [with_word(one.level, one.title) for one in diagnose(audit, grey.codebooks())]
    assert said and all(one in page for one in said)
    np.save(tmp_path / "i.npy", np.arange(12).reshape(3, 4) % 5)
    dump = " ".join(Reader(html_report(audit_indices(tmp_path / "i.npy", 5))).text)
    assert typeset("K = 5 codes; an array of 3 x 4; of type int64") in dump and "Read as Read as" not in dump
    assert settings_words({"a_px": 5, "on": True, "of": {"x": 1.5}, "none": None, "list": [1, None]}) == (
        "a 5 px; on yes; of x 1.5; list 1, unknown"
    )
    assert settings_words({}) == settings_words({"notes": ["n"]}) == "none"


def test_words_of_severity_are_those_of_the_pages():
    script = (ROOT / "explorer/views/kit/wire/findings.js").read_text(encoding="utf-8")
    assert dict(re.findall(r'(\w+): \{ rank: \d, word: "([^"]+)"', script)) == WORDS
    assert with_word("good", "Healthy: all well") == "Healthy: all well"
    assert with_word("good", "All well") == "No alarm: All well" and with_word("bad", "Dead") == "Broken: Dead"


def test_it_needs_nothing_else_and_runs_only_what_draws_figures(grey, audit, pictures):
    """One copy of plotly.js and our few lines, each named by its hash in the policy; all else is data."""
    page = Reader(html_report(audit, grey.codebooks(), cut_patches(audit, open_source(pictures[0]), grey)))
    assert not {"link", "iframe", "object", "form"} & set(page.tags)
    (policy,) = [
        value for name, value in page.attributes if name == "content" and value.startswith("default-src 'none'")
    ]
    data, *scripts = page.scripts
    hashes = [f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts]
    assert policy.split("script-src ")[1] == " ".join(hashes) and len(scripts) == 2
    assert scripts[0] == get_plotlyjs() and "<" not in data and len(json.loads(data)["figures"]) == page.drawn
    for name, value in page.attributes:
        assert not name.startswith("on") and name != "href"
        assert name != "src" or value.startswith("data:image/png;base64,")


def test_text_of_people_is_escaped(audit):
    evil = '<img src=x onerror="alert(1)">&'
    page = Reader(html_report(replace(audit, title=evil, skipped=((evil, evil),), planned=12)))
    assert [v for n, v in page.attributes if n == "onerror"] == [] and "".join(page.text).count(evil) >= 4


def test_every_kind_of_audit_has_a_report(grey, pictures, tmp_path):
    empty = run_audit(grey, open_source(pictures[0]), title="t", cancelled=after(0))
    assert "partial: 0 of 11" in html_report(empty) and Reader(html_report(empty)).scripts == []
    one = run_audit(grey, open_source(pictures[0]), title="t", cancelled=after(2))
    assert Reader(html_report(one)).drawn == 2 + 2 * 6
    np.save(tmp_path / "i.npy", np.zeros(1, int))
    single = Reader(html_report(audit_indices(tmp_path / "i.npy", 5)))
    assert single.open == [] and "1 code, 100.0% of the 1" in " ".join(single.text)


def test_patches_of_media_that_are_gone_are_left_empty(grey, audit, pictures):
    root, paths = pictures
    source = open_source(root)
    for path in paths[1:]:
        path.unlink()
    for level, patches in zip(audit.levels, cut_patches(audit, source, grey), strict=True):
        assert (patches.there == (level.exemplars.medium[patches.codes] == 0)).all() and patches.there.any()
        assert (patches.patches[~patches.there] == 128).all()


def test_a_table_beside_each_figure_needs_no_script(audit):
    """What is not drawn without scripts can be read: every figure has its words and rows of its numbers."""
    html = html_report(audit)
    page = Reader(html)
    text = " ".join(page.text)
    counts = audit.levels[0].counts
    assert page.tags.count("details") == page.drawn == page.tags.count("noscript") and "40 of 32 rows" not in text
    rows = re.findall(r"<tr><td>tokens</td><td>([\d,]+)</td><td>([\d,]+)</td></tr>", html)
    assert [int(count.replace(",", "")) for code, count in rows[: len(counts)]] == counts.tolist()
    assert f"{(counts > 0).sum():,} of 16 codes have a token, of {counts.sum():,} tokens counted" in text


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


def test_codes_that_are_not_finite_are_not_said_to_wait_for_more_media():
    """Of 4 codes without a token over few media 2 are NaN: only the others may still be found."""
    audit, vectors = audit_of(counted([5, 0, 1, 0, 0, 0])), np.arange(12, dtype=np.float32).reshape(6, 2)
    assert "4 of 6 codes without a token, which more media may find" in html_report(audit, [table(vectors)])
    vectors[[1, 5]] = np.nan
    html = html_report(audit, [table(vectors)])
    assert "2 of 6 codes without a token, which more media may find" in html
    assert "2 of 6 codes, to which no latent is nearest" in html


def test_a_count_of_tuples_says_of_which_positions_it_is(grey, pictures, monkeypatch, tmp_path):
    """All of them; a sample over all media where memory has an end; in older files those before counting stopped."""
    words = "A sample over all media, since no more tuples fit into memory."
    monkeypatch.setattr("explorer.audit.accumulator.JOINT_KEYS", 8)
    audit = run_audit(grey, open_source(pictures[0]), title="Eleven")
    assert audit.joint.sampled and 0 < audit.joint.distinct <= 8 and audit.joint.tokens < audit.tokens
    assert f"{audit.joint.tokens:,}. {words}" in html_report(audit, grey.codebooks())
    save_audit(tmp_path / "out", audit)
    assert load_audit(tmp_path / "out").joint == audit.joint
    said = json.loads((tmp_path / "out" / "audit.json").read_text())
    del said["joint"]["sampled"]  # as older files are
    (tmp_path / "out" / "audit.json").write_text(json.dumps(said))
    old = html_report(load_audit(tmp_path / "out"), grey.codebooks())
    assert "Counting of tuples stopped there" in old and words not in old
