"""Maps and geometry of the codebook page in Chromium: what they select and give away is what the audit counted."""

import csv
import re

import numpy as np
import pytest

from explorer.audit.shipped import load_shipped
from explorer.tokenizers import load_tokenizer
from tests.browser.charts_in_sight import show_chart

pytestmark = pytest.mark.browser

PAGE = "#codebook-view .dte-codebook"
MAP, GEOMETRY = f"{PAGE} .codebook-map", f"{PAGE} .codebook-geometry"


def open_map(page, app_url, tokenizer, kind, more=""):
    page.goto(f"{app_url.rstrip('/')}/codebook?tokenizer={tokenizer}&map={kind}{more}")
    page.wait_for_selector(f"{MAP}[data-kind='{kind}']")


def counts_of(tokenizer):
    return load_shipped(tokenizer, "val").levels[0].counts


def selected(page):
    """(codes, tokens) that the words of the selection name."""
    words = page.locator(f"{MAP} .cm-selected", has_text="codes selected").inner_text()
    codes, tokens = re.search(r"^([\d,]+) of .*?, ([\d,]+) of [\d,]+ tokens", words).groups()
    return int(codes.replace(",", "")), int(tokens.replace(",", ""))


def test_a_corner_of_the_sphere_holds_the_codes_with_its_bits(page, app_url):
    open_map(page, app_url, "bsq", "sphere", f"&code={0b1010000000}")
    page.wait_for_selector(f"{MAP} .cm-sphere[data-lit='101']")  # of a code chosen before it was there
    page.locator(f"{MAP} .cm-sphere").press("6")  # 101 of the first three bits
    counts = counts_of("bsq")
    held = np.arange(len(counts)) >> 7 == 0b101  # the first bit is the most significant of ten
    assert selected(page) == (held.sum(), counts[held].sum())
    page.get_by_label("Bit 1 of the sphere").select_option(label="bit 10")
    page.wait_for_function(f"document.querySelector('{MAP} .cb-caption').innerText.includes('bits 10, 2, 3')")
    page.locator(f"{MAP} .cm-sphere").press("5")  # 100
    codes = np.arange(len(counts))
    held = (codes & 1 == 1) & (codes >> 7 & 0b11 == 0)
    assert selected(page) == (held.sum(), counts[held].sum())


def test_a_bin_of_norms_selects_its_codes(page, app_url):
    open_map(page, app_url, "vq-collapsed", "pca")
    chart = show_chart(page, f"{GEOMETRY} [data-figure='norms'] .ch-chart")
    chart.press("End")  # the longest
    chart.press("Enter")
    told = chart.locator(".ch-spoken").inner_text()
    low, high = map(float, re.match(r"([\d.e+-]+) to ([\d.e+-]+)", told).groups())
    norms = np.linalg.norm(load_tokenizer("vq-collapsed").codebooks()[0].vectors, axis=1)
    slack = 0.0006  # the words have four digits
    surely, perhaps = ((norms > low + s) & (norms < high - s) for s in (slack, -slack))
    codes, tokens = selected(page)
    assert 0 < surely.sum() <= codes <= perhaps.sum()
    assert counts_of("vq-collapsed")[surely].sum() <= tokens <= counts_of("vq-collapsed")[perhaps].sum()


def test_the_files_of_a_map_hold_every_code(page, app_url):
    open_map(page, app_url, "fsq", "pca")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Every drawn code with its place and measures, CSV").click()
    with open(saved.value.path(), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    counts = counts_of("fsq")
    assert [int(row["code"]) for row in rows] == list(range(len(counts)))
    assert [int(row["tokens"]) for row in rows] == counts.tolist()
    vectors = load_tokenizer("fsq").codebooks()[0].rows(np.arange(len(counts)))
    assert [float(row["norm"]) for row in rows] == pytest.approx(np.linalg.norm(vectors, axis=1))
    with page.expect_download() as saved:
        page.get_by_role("button", name="The map as it is now, SVG").click()
    with open(saved.value.path(), encoding="utf-8") as file:
        assert len(re.findall(r"<title>code \d+</title>", file.read())) == len(counts)


def test_while_a_map_is_laid_out_the_pca_is_there_and_it_can_be_stopped(page, app_url):
    """FSQ has no layout that ships."""
    open_map(page, app_url, "fsq", "lattice")
    page.locator(f"{MAP} .cb-tools").get_by_role("button", name="UMAP").click()
    progress = page.locator(f"{MAP} .cm-progress[data-over]")
    progress.wait_for()
    assert page.get_attribute(MAP, "data-kind") == "pca"
    page.wait_for_function("new URL(location).searchParams.get('map') === 'umap'")
    assert re.match(r"PCA, while UMAP is laid out: \d+%", progress.inner_text())
    assert "PCA fitted on 1,000 code vectors" in page.locator(f"{MAP} .cb-caption").inner_text()
    progress.get_by_role("button", name="Stop").click()
    progress.wait_for(state="hidden")
    page.wait_for_function("new URL(location).searchParams.get('map') === 'pca'")
    assert page.get_attribute(MAP, "data-kind") == "pca"


def test_the_keyboard_goes_from_code_to_code_and_takes_a_box(page, app_url):
    open_map(page, app_url, "lfq", "bits")
    stage = page.locator(f"{MAP} .cm-stage")
    stage.press("ArrowRight")
    page.wait_for_function(f"document.querySelector('{PAGE}').dataset.code !== ''")
    first = int(page.get_attribute(PAGE, "data-code"))
    stage.press("ArrowLeft")
    page.wait_for_function(f"document.querySelector('{PAGE}').dataset.code !== '{first}'")
    second = int(page.get_attribute(PAGE, "data-code"))
    assert (first ^ second).bit_count() == 1  # neighbours on the grid differ in one bit
    stage.press("b")
    codes, tokens = selected(page)
    assert codes > 4 and tokens > 0
    page.get_by_role("button", name="Larger box").click()
    page.wait_for_function(
        "([words, few]) => parseInt(document.querySelector(words).textContent.replaceAll(',', '')) > few",
        arg=[f"{MAP} .cm-selected", codes],
    )
    assert selected(page)[0] > codes
