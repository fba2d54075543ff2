"""Audits of sounds, clips, and tokens of every layout, against tokenizing each medium by itself and counting."""

import numpy as np
import pytest

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.pictures.sheets import CELL_PX, cut_patches
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source, samples_source
from explorer.figures.reports.audit import html_report
from explorer.joints.files.audits import load_audit, save_audit
from explorer.media.medium import fit_medium, values
from explorer.media.samples import samples_of
from explorer.media.sounds.audio import wav_bytes
from tests.made_codecs import MADE, made

SIDE_PX = 128
SOUND_S, MEDIA = 2.0, 3


def records(tokenizer, names, chosen):
    return [tokenizer.tokenize(values(fit_medium(chosen[name].load(), tokenizer.spec, SIDE_PX))) for name in names]


@pytest.fixture(params=MADE, scope="module")
def case(request):
    tokenizer = made(request.param)
    source = samples_source(tokenizer.spec.modality)
    few = type(source)(source.title, source.names[:MEDIA], source.read)
    return tokenizer, few, run_audit(tokenizer, few, title="Samples", side_px=SIDE_PX)


def test_every_level_counts_its_own_tokens(case):
    tokenizer, source, audit = case
    found = records(tokenizer, source.names, samples_of(tokenizer.spec.modality))
    for number, level in enumerate(audit.levels):
        codes = np.concatenate([record.levels[number].indices.reshape(-1) for record in found])
        np.testing.assert_array_equal(level.counts, np.bincount(codes, minlength=level.codebook_size))
        assert level.tokens == len(codes)
        placed = tokenizer.spec.layout != "set1d"
        assert (level.positions is not None) == placed
        assert not placed or int(level.positions.sum()) == len(codes)
    shapes = {level.layout.shape for level in found[0].levels}
    assert audit.even == (len(shapes) == 1)
    tuples = [np.stack([lv.indices.reshape(-1) for lv in r.levels], 1) for r in found] if audit.even else []
    if len(audit.levels) > 1 and audit.even:
        assert audit.joint.distinct == len(np.unique(np.concatenate(tuples), axis=0))
    else:
        assert audit.joint is None


def test_the_amount_is_said_in_the_unit_of_the_medium(case):
    tokenizer, source, audit = case
    found = records(tokenizer, source.names, samples_of(tokenizer.spec.modality))
    if tokenizer.spec.modality == "audio":
        seconds = sum(len(record.media) for record in found) / tokenizer.spec.sample_rate_hz
        assert audit.amount == pytest.approx(seconds) and audit.amount_words == f"3 sounds ({seconds:,.1f} s)"
    elif tokenizer.spec.modality == "video":
        frames = sum(len(record.media) for record in found)
        assert audit.amount_words == f"{len(source)} clips ({frames} frames)"
    else:
        assert audit.amount_words == "3 pictures"


def test_it_is_written_read_and_reported(case, tmp_path):
    tokenizer, source, audit = case
    back = load_audit(save_audit(tmp_path, audit))
    assert (back.modality, back.amount, back.even) == (audit.modality, audit.amount, audit.even)
    patches = cut_patches(back, source, tokenizer)
    html = html_report(back, tokenizer.codebooks(), patches)
    assert audit.amount_words in html and "What codes stand for" in html
    assert diagnose(back, tokenizer.codebooks())
    for level, cut in zip(back.levels, patches, strict=True):
        np.testing.assert_array_equal(cut.codes, np.flatnonzero(level.counts))
        np.testing.assert_array_equal(cut.there, level.exemplars.medium[cut.codes] >= 0)
        assert cut.patches.shape[3:] == (CELL_PX, CELL_PX, 3)


def test_a_patch_of_a_sheet_is_cut_from_the_medium():
    tokenizer = made("signs")
    source = samples_source()
    few = type(source)(source.title, source.names[:1], source.read)
    audit = run_audit(tokenizer, few, title="t", side_px=SIDE_PX)
    pixels = values(fit_medium(few.open(0), tokenizer.spec, SIDE_PX))
    cut = cut_patches(audit, few, tokenizer)[0]
    code = int(cut.codes[0])
    row, column = divmod(int(audit.levels[0].exemplars.token[code, 0, 0]), pixels.shape[1] // 8)
    patch = np.round(255 * pixels[8 * row : 8 * row + 8, 8 * column : 8 * column + 8])
    np.testing.assert_array_equal(cut.patches[0, 0, 0], patch.repeat(3, 0).repeat(3, 1).astype(np.uint8))


def test_sound_files_are_counted_and_pictures_among_them_skipped(tmp_path):
    tokenizer = made("tones")
    chance, sounds = np.random.default_rng(0), []
    for number in range(2):
        sounds.append(0.3 * chance.standard_normal((8000 + 400 * number, 1)).astype(np.float32))
        (tmp_path / f"{number}.wav").write_bytes(wav_bytes(sounds[-1], 8000))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    audit = run_audit(tokenizer, open_source(tmp_path), title="Sounds")
    assert audit.media == ("0.wav", "1.wav") and audit.tokens == 200 + 210
    assert [name for name, _ in audit.skipped] == ["picture.png"] and "picture" in audit.skipped[0][1]
    assert audit.amount == pytest.approx(2.05)


def test_stopped_and_resumed_it_knows_its_amount(tmp_path):
    tokenizer, source = made("rates"), samples_source("audio")
    calls = iter([False, True])
    part = run_audit(tokenizer, source, title="t", resume=tmp_path / "s", cancelled=lambda: next(calls))
    whole = run_audit(tokenizer, source, title="t", resume=tmp_path / "s")
    assert 0 < part.amount < whole.amount
    assert whole.amount == pytest.approx(run_audit(tokenizer, source, title="t").amount)


def test_codebooks_of_262144_codes_are_counted_without_a_table():
    """As LFQ of 18 bits: counting and its report need no row for each code."""
    from explorer.audit.accumulator import Accumulator
    from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel

    book = Codebook(2**18, 18, "implicit", rule=LatticeRule("lfq", ((-1.0, 1.0),) * 18, False))
    chance = np.random.default_rng(0)
    codes = chance.integers(0, 2**18, (16, 16))
    z_q = book.rows(codes.reshape(-1))
    counted = Accumulator((book,), "single", 0)
    counted.add((TokenLevel(codes, 0.5 * z_q, z_q, book, TokenLayout("grid2d", (16, 16), (128, 128))),))
    (level,) = counted.levels()
    assert level.tokens == 256 and level.exemplars is None and level.positions is None
    np.testing.assert_array_equal(np.flatnonzero(level.counts), np.unique(codes))
    assert level.error[codes[0, 0]] == pytest.approx(18 * 0.25)
