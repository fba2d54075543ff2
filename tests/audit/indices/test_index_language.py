"""Tokens of a dump as a language, beside what is counted of whole grids at once, and pair by pair in plain Python."""

import json
import lzma
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from explorer.analysis.language.statistics import language_of
from explorer.audit import language as counting
from explorer.audit.indices import blocks
from explorer.audit.indices.run import Reading, audit_indices
from explorer.joints.files.audits import describe, load_audit, save_audit
from explorer.joints.measures.language.compression import lzma_bits
from explorer.joints.token_language import language_lines

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "real" / "commavq" / "tokens.npy"
SIDES = {"left": (0, 0, 1), "above": (0, 1, 0), "before": (1, 0, 0)}


@pytest.fixture(params=[2**22, 700, 96, 37], ids=lambda piece: f"pieces of {piece}")
def piece(request, monkeypatch):
    monkeypatch.setattr(blocks, "PIECE", request.param)


def told(pairs):
    """(pairs, equal ones, H(second | first)) of a list of pairs, by the chain of probabilities."""
    first, both = Counter(a for a, _ in pairs), Counter(pairs)
    bits = -sum(n / len(pairs) * np.log2(n / first[a]) for (a, _), n in both.items())
    return len(pairs), sum(n for (a, b), n in both.items() if a == b), bits


def pairs_of(media, side):
    """All (neighbour, token) of media (frames, rows, columns), without those where either is -1."""
    step, found = SIDES[side], []
    for medium in media:
        for place in np.ndindex(medium.shape):
            beside = tuple(a - b for a, b in zip(place, step, strict=True))
            if min(beside) >= 0 and medium[place] >= 0 and medium[beside] >= 0:
                found.append((int(medium[beside]), int(medium[place])))
    return found


def assert_language(audit, media, size):
    of = audit.levels[0].language
    for side in SIDES:
        expected = pairs_of(media, side)
        if not expected:
            assert side not in of.beside
            continue
        pairs, equal, bits = told(expected)
        assert (of.beside[side].pairs, of.beside[side].equal) == (pairs, equal)
        assert of.beside[side].entropy.bits == pytest.approx(bits, abs=1e-9)
    text = np.concatenate([medium[medium >= 0] for medium in media])
    assert of.packed == len(text) and of.real_bits == lzma_bits(text, size)


def tokens(shape, size, seed=0):
    """Tokens that follow from each other, so that every side tells something."""
    steps = np.random.default_rng(seed).integers(0, 2, shape)
    return np.cumsum(steps, axis=-1) % size


@pytest.mark.parametrize("size", [12, 2000])
@pytest.mark.parametrize(
    ("shape", "axes", "media"),
    [
        ((500,), "t", (1, 1, 1, 500)),
        ((40, 25), "b,t", (40, 1, 1, 25)),
        ((20, 5, 6), "b,h,w", (20, 1, 5, 6)),
        ((20, 5, 6), "t,h,w", (1, 20, 5, 6)),
        ((5, 6, 30), "t,h,w", (1, 5, 6, 30)),
        ((6, 7, 5, 6), "b,t,h,w", (6, 7, 5, 6)),
    ],
)
def test_pairs_of_every_side(piece, size, shape, axes, media, tmp_path):
    array = tokens(shape, size)
    np.save(tmp_path / "t.npy", array)
    audit = audit_indices(tmp_path / "t.npy", size, Reading(axes))
    assert_language(audit, array.reshape(media), size)


def test_a_long_row_is_sampled_in_parts_whose_places_are_known(piece, tmp_path):
    """Of too many codes for a table pairs are looked up in parts of 1,024 tokens, which begin anywhere in a frame."""
    array = tokens((9, 8, 30), 2000)
    np.save(tmp_path / "t.npy", array)
    of = audit_indices(tmp_path / "t.npy", 2000, Reading("t,h,w")).levels[0].language
    for side, step in SIDES.items():
        apart = int(np.ravel_multi_index(step, array.shape))
        within = []
        for place in np.ndindex(array.shape):
            flat = int(np.ravel_multi_index(place, array.shape))
            if place[step.index(1)] and (flat - apart) // 1024 == flat // 1024:
                within.append((int(array.flat[flat - apart]), int(array.flat[flat])))
        pairs, _, bits = told(within)
        assert of.beside[side].entropy.pairs == pairs and of.beside[side].entropy.bits == pytest.approx(bits, abs=1e-9)
        every = pairs_of([array], side)
        assert (of.beside[side].pairs, of.beside[side].equal) == told(every)[:2]


@pytest.mark.parametrize("size", [12, 2000])
def test_files_of_shapes_of_their_own(piece, size, tmp_path):
    sides = np.random.default_rng(1).integers(3, 9, (30, 2))
    arrays = [tokens((rows, columns), size, seed) for seed, (rows, columns) in enumerate(sides)]
    for number, array in enumerate(arrays):
        np.save(tmp_path / f"{number}.npy", array)
    audit = audit_indices(tmp_path, size, Reading("h,w"))
    assert_language(audit, [array[None] for array in arrays], size)


@pytest.mark.parametrize("size", [12, 2000])
def test_lines_of_lengths_of_their_own(piece, size, tmp_path):
    rows = [tokens(length, size, length) for length in [7, 1, 30, 30, 2, 55, 30]]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row.tolist()) for row in rows))
    assert_language(audit_indices(tmp_path / "t.jsonl", size), [row[None, None] for row in rows], size)


def test_padding_has_no_neighbours(piece, tmp_path):
    array = tokens((20, 5, 6), 12)
    array[np.random.default_rng(2).random(array.shape) < 0.2] = -1
    np.save(tmp_path / "t.npy", array)
    assert_language(audit_indices(tmp_path / "t.npy", 12, Reading("b,h,w")), array[:, None], 12)


def test_levels_are_read_apart(piece, tmp_path):
    array = np.stack([tokens((30, 20), 12, 5), np.random.default_rng(6).integers(0, 12, (30, 20))], 1)
    np.save(tmp_path / "t.npy", array)
    audit = audit_indices(tmp_path / "t.npy", 12, Reading("b,q,t"))
    for number, level in enumerate(audit.levels):
        pairs, equal, bits = told(pairs_of(array[:, number][:, None, None], "left"))
        left = level.language.beside["left"]
        assert (left.pairs, left.equal) == (pairs, equal) and left.entropy.bits == pytest.approx(bits)
    assert audit.levels[0].language.real_bits < audit.levels[1].language.real_bits


def test_a_sample_is_of_whole_media_and_is_the_same_for_any_pieces(piece, monkeypatch, tmp_path):
    monkeypatch.setattr(counting, "SAMPLED", 1000)
    monkeypatch.setattr(counting, "PIECE_TOKENS", 60)
    array = np.random.default_rng(8).integers(0, 2000, (300, 50))
    np.save(tmp_path / "t.npy", array)
    of = audit_indices(tmp_path / "t.npy", 2000, Reading("b,t")).levels[0].language
    chosen = np.sort(np.argsort(counting.mix_bits(np.arange(300)))[:20])  # 20 media of 50 are 1,000 tokens
    assert of.packed == 1000 and of.real_bits == lzma_bits(array[chosen], 2000)
    left = of.beside["left"]
    assert (left.pairs, left.equal) == (300 * 49, int((array[:, 1:] == array[:, :-1]).sum()))
    assert left.sampled and left.entropy.pairs == 20 * 49
    pairs, _, bits = told(list(zip(array[chosen, :-1].ravel(), array[chosen, 1:].ravel(), strict=True)))
    assert pairs == 980 and left.entropy.bits == pytest.approx(bits)
    lines = language_lines(of, 2000, 15_000, 0.5)
    assert "over 1,000 of 15,000 tokens, a sample of media." in lines[0]
    assert "980 of 14,700 pairs counted, a sample of media; " in lines[2]
    most = math.log2(2000)
    for bits, saved in [(most - 0.01, True), (most + 0.01, False)]:
        [line, *_] = language_lines(replace(of, real_bits=bits), 2000, 15_000, 0.5)
        assert line.endswith("It saved nothing here, and adds a cost of its own.") == (not saved)


def test_all_that_is_said_is_on_the_disk(tmp_path):
    array = tokens((20, 5, 6), 12)
    np.save(tmp_path / "t.npy", array)
    audit = audit_indices(tmp_path / "t.npy", 12, Reading("b,h,w"))
    back = load_audit(save_audit(tmp_path / "a", audit))
    assert back.levels[0].language == audit.levels[0].language
    said = json.loads((tmp_path / "a" / "audit.json").read_text())["levels"][0]
    assert said == describe(audit)["levels"][0]
    left = said["language"]["beside"]["left"]
    pairs, equal, bits = told(pairs_of(array[:, None], "left"))
    assert (left["pairs"], left["equal"], left["equal_share"]) == (pairs, equal, equal / pairs)
    assert left["conditional_entropy_bits"] == pytest.approx(bits)
    packed = lzma.compress(
        array.astype(np.uint8).tobytes(),
        lzma.FORMAT_RAW,
        filters=[{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 2, "lp": 0, "pb": 0}],
    )
    assert said["language"]["real_bits"] == 8 * len(packed) / array.size
    assert said["language"]["real_bits_tokens"] == array.size
    assert 0.0 <= said["rank_exponent"] < 2


@pytest.mark.skipif(not REAL.exists(), reason="the tokens of real driving video are not here")
def test_tokens_of_real_video_are_what_the_language_page_says(tmp_path):
    clip = np.load(REAL).reshape(1200, 8, 16)
    np.save(tmp_path / "t.npy", clip)
    audit = audit_indices(tmp_path / "t.npy", 1024, Reading("t,h,w"))
    of, whole = audit.levels[0].language, language_of([clip], 1024)
    assert of.packed == 153_600 and of.real_bits == whole.packed
    assert of.beside["before"].share == pytest.approx(0.352, abs=0.0005)
    for side in SIDES:
        found, known = of.beside[side].entropy, getattr(whole, side)
        assert (found.pairs, found.distinct) == (known.pairs, known.distinct)
        assert found.bits == pytest.approx(known.bits, rel=1e-12) and found.equal == pytest.approx(known.equal)
    assert stats.entropy(audit.levels[0].counts, base=2) == pytest.approx(whole.unigram)


def test_a_medium_that_begins_with_padding_is_compressed_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(blocks, "PIECE", 8)
    media = np.tile(np.arange(40) % 20, (4, 1))
    media[0, :20] = media[2, 3:33] = media[3, 39:] = -1
    np.save(tmp_path / "t.npy", media)
    assert_language(audit_indices(tmp_path / "t.npy", 20, Reading("b,t")), list(media[:, None, None]), 20)
