"""Every page with the tokenizers of sounds and clips that ship, in Chromium: their numbers, heard and seen."""

import numpy as np
import pytest

from explorer.audit.shipped import load_shipped
from explorer.media.medium import tokenized
from explorer.media.quality.sound_fidelity import si_sdr_db
from explorer.media.samples import samples_of
from explorer.tokenizers import load_tokenizer
from tests.shipped import shipped_ids

pytestmark = pytest.mark.browser

VIEW, EDITOR = "#inspect-view .dte-inspect", "#edit-view .dte-edit"
CODEBOOK, COMPARE = "#codebook-view .dte-codebook", "#compare-view .dte-compare"
FIRST = [ids[0] for ids in (shipped_ids("audio"), shipped_ids("video")) if ids]


@pytest.fixture(params=FIRST)
def tokenizer(request):
    return load_tokenizer(request.param, "cpu")


def test_inspect_and_its_editor_open_with_the_figures_of_a_sample(tokenizer, page, app_url):
    spec = tokenizer.spec
    sample = next(iter(samples_of(spec.modality).values()))
    record = tokenized(sample.load(), tokenizer, 256)
    page.goto(f"{app_url}?tokenizer={spec.id}&picture={sample.id}")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    facts, figures = page.inner_text("#tokenizer-facts"), page.inner_text("#reconstruction")
    if spec.modality == "audio":
        expected = si_sdr_db(record.media, record.reconstruction)
        assert "SI-SDR on its card" in facts and "sounds at 16 kHz, mono" in facts
    else:
        expected = -10 * np.log10(np.square(record.media.astype(np.float64) - record.reconstruction).mean())
        assert f"{spec.measured['psnr_db']:.1f} dB" in facts and "4 frames a step" in facts
    assert f"{expected:.2f}" in figures
    page.locator(f"{EDITOR} .ed-panel > summary").click()
    page.wait_for_selector(f"{EDITOR}[data-ready='true']")


def test_its_codebook_opens_with_the_counts_of_its_audit(tokenizer, page, app_url):
    page.goto(f"{app_url.rstrip('/')}/codebook?tokenizer={tokenizer.spec.id}")
    page.wait_for_selector(f"{CODEBOOK}[data-tokenizer='{tokenizer.spec.id}'][data-ready='true']")
    counts = load_shipped(tokenizer.spec.id, "val").levels[0].counts
    assert page.inner_text(f"{CODEBOOK} [data-fact='used'] b") == f"{np.count_nonzero(counts):,}"
    assert page.inner_text(f"{CODEBOOK} [data-fact='tokens'] b") == f"{counts.sum():,}"
    page.wait_for_function(f"document.querySelector('{CODEBOOK}').dataset.code !== ''")
    code = page.get_attribute(CODEBOOK, "data-code")
    page.wait_for_selector(f"{CODEBOOK} .codebook-code[data-code='{code}'][data-decoded='{code}']")
    assert page.locator(f"{CODEBOOK} .cb-finding").count() > 0


@pytest.mark.parametrize("modality", ["audio", "video"])
def test_those_of_a_kind_are_compared(modality, page, app_url):
    ids = shipped_ids(modality)
    if len(ids) < 2:
        pytest.skip(f"checkpoints/ has fewer than two tokenizers of {modality}")
    page.goto(f"{app_url.rstrip('/')}/compare?tokenizers={','.join(ids)}")
    page.wait_for_selector(f"{COMPARE}[data-ready='true']")
    page.wait_for_selector(f"{COMPARE} .compare-panes .cp-stage", state="attached")
    captions = page.locator(f"{COMPARE} .compare-panes figcaption").all_inner_texts()
    assert len(captions) == 1 + len(ids)
    assert all(("SI-SDR" if modality == "audio" else "PSNR") in one for one in captions[1:])
