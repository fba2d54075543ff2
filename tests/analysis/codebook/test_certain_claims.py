"""What an expert caught being said for certain though it was not so: each answered with what is true."""

import numpy as np
import pytest

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.codes.causes import cause_of
from explorer.analysis.codes.neighbours import assign
from tests.analysis.codebook.codebook_cases import CODES, audited, lattice, means, media, table
from tests.analysis.codebook.faults import exchanged, levels_told, own, residual, rows, titles, told


@pytest.mark.parametrize("off", [0.01, 0.2])
def test_equal_codes_beside_zero_are_not_said_to_lie_there_nor_to_have_shrunk(off):
    """64 codes at one vector, up to a fifth of the spread from zero, "lie at zero, to within a millionth"."""
    vectors, latents = means(), media()
    spread = float(np.sqrt(np.square(latents - latents.mean((0, 1))).sum(-1).mean()))
    at = np.zeros(vectors.shape[1])
    at[0] = -off * spread
    found = told(table(np.concatenate([vectors, np.tile(at, (CODES, 1))])), latents=latents)
    (heap,) = [one for one in found if one.kind == "Dead codes in one heap"]
    assert heap.title == "Dead codes are one and the same vector"
    assert "at one point" in heap.text and "zero" not in heap.text and "averages" not in heap.text


def fsq(latents, side=5, axes=3):
    """(codebook, tokens) of the grid nearest to latents (m, t, axes)."""
    book = lattice((side,) * axes)
    return book, assign(book, latents.reshape(-1, axes)).reshape(latents.shape[:2])


@pytest.mark.parametrize("change", [lambda z: 4 * z, lambda z: z + 0.3, lambda z: np.arctanh(0.9 * np.clip(z, -1, 1))])
def test_latents_from_before_the_rounding_of_a_lattice_are_no_other_checkpoints(change):
    """Nothing was tried of lattices, and "another checkpoint's codebook" was claimed for certain."""
    latents = np.random.default_rng(0).uniform(-1, 1, (40, 100, 3)).astype(np.float32)
    book, codes = fsq(latents)
    assert told(book, latents=latents, codes=[codes])[0].level != "bad"
    found = told(book, latents=change(latents).astype(np.float32), codes=[codes])
    assert found[0].title == "Latents are not those that were rounded", titles(found)
    tossed = told(
        book, latents=latents, codes=[np.random.default_rng(1).permutation(codes.ravel()).reshape(codes.shape)]
    )
    assert tossed[0].title == "Codes and tokens do not belong together"


@pytest.mark.parametrize("count", [16, 40, 64])
def test_a_part_of_the_rows_in_another_place_is_no_other_order_of_all(count):
    """13% of the latents lay at another code, and 100% were said to."""
    vectors, latents = means(), media()
    codes = [own(vectors, latents)]
    found = told(table(exchanged(vectors, rows(count))), latents=latents, codes=codes)
    assert "in another place" in found[0].title and "one and the same other code" not in found[0].text, found[0]


@pytest.mark.parametrize(("step", "words"), [(4, "Tokens are 4 too high"), (-1, "Tokens are 1 too low")])
def test_numbers_that_were_moved_are_named_the_way_back(step, words):
    vectors, latents = means(), media()
    found = told(table(vectors), latents=latents, codes=[(own(vectors, latents) + step) % CODES])
    assert words in found[0].text and f"{'Subtract 4 from' if step > 0 else 'Add 1 to'} the indices" in found[0].advice


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_the_factor_of_codes_that_are_no_means_is_the_true_one(factor):
    """Least squares said 0.43 of codes that were made half as large again, where 0.67 explains all."""
    latents = media(dim=8, kinds=24)
    vectors = np.random.default_rng(5).normal(size=(CODES, 8)) * latents.reshape(-1, 8).std(0)
    flat, codes = latents.reshape(-1, 8), own(vectors, latents).ravel()
    found = cause_of(table(factor * vectors), flat, codes, 0.95)
    assert found.kind == "scaled" and found.factor == pytest.approx(1 / factor, rel=0.04) and found.share > 0.98


def test_a_number_that_fills_in_is_no_row_in_another_place():
    """Five files of one token: "1 of 128 codes is not where its latents are", of a row that is right."""
    vectors, latents = means(), media()
    codes = own(vectors, latents)
    codes[: max(1, len(codes) // 14)] = 17
    found = told(table(vectors), latents=latents, codes=[codes])
    assert "not where" not in titles(found) and "Healthy" not in titles(found)
    (misfit,) = [one for one in found if one.kind == "Tokens that do not have the nearest code"]
    assert "have code 17: a number that fills in" in misfit.text and misfit.level == "note"


def test_what_is_said_of_the_other_tokens_is_so():
    vectors, latents = means(), media()
    codes, random = own(vectors, latents), np.random.default_rng(1)
    codes = np.where(random.random(codes.shape) < 0.06, random.integers(0, CODES, codes.shape), codes)
    found = told(table(exchanged(vectors, rows(2))), latents=latents, codes=[codes])
    (lost,) = [one for one in found if one.kind == "Codes in another place than their tokens"]
    assert "94% of the other tokens do have" in lost.text or "93% of the other tokens do have" in lost.text


def test_tokens_of_a_beam_search_do_belong():
    """Two ways kept of level 1: less error in the end than the nearest code of each level gives, and "bad, certain"."""
    books, latents, _ = residual()
    flat = latents.reshape(-1, 8).astype(np.float64)
    ways = []
    for first in np.argsort(np.square(flat[:, None] - books[0]).sum(-1), axis=1)[:, :2].T:
        way, left = [first], flat - books[0][first]
        for book in books[1:]:
            way.append(assign(table(book), left))
            left = left - book[way[-1]]
        ways.append((np.square(left).sum(1), way))
    better = ways[1][0] < ways[0][0]
    searched = [np.where(better, second, first) for first, second in zip(ways[0][1], ways[1][1], strict=True)]
    assert 0.1 < better.mean() < 0.5
    found = levels_told(books, latents, searched)
    (said,) = [one for one in found if "among the nearest codes" in one.title]
    assert (said.level, said.sure) == ("warning", "likely") and "A beam search" in said.text
    assert "do not belong" not in titles(found) and "cannot be judged" not in titles(found)


def test_media_of_two_blank_colours_condemn_no_codebook_for_certain():
    """15 media at one code and 15 at another: "at least 60 of 64 codes are dead, certain"."""
    vectors = means()
    latents = np.repeat(vectors[[3, 9]], 15, axis=0)[:, None] * np.ones((1, 64, 1))
    latents = latents + 1e-3 * np.random.default_rng(0).normal(size=latents.shape)
    found = told(table(vectors), latents=latents)
    assert [one.sure for one in found if "dead" in one.title] in ([], ["likely"])
    assert "within 0 of" not in "".join(one.text for one in found)
    counted, _ = audited(table(vectors), latents=latents)
    assert "certain" not in [one.sure for one in diagnose(counted, [None]) if "dead" in one.title]


def test_a_codebook_of_two_codes_can_collapse():
    codes = np.zeros((40, 256), int)
    codes[0, :10] = 1
    latents = np.random.default_rng(0).normal(size=(40, 256, 2))
    found = told(table(np.eye(2)), latents=latents, codes=[codes])
    assert "takes over 99% of all tokens" in titles(found) and "Healthy" not in titles(found)
    half = np.arange(40 * 256).reshape(40, 256) % 2
    assert "takes" not in titles(told(table(np.eye(2)), latents=latents, codes=[half]))


def test_levels_of_one_bit_in_many_dimensions_carry_what_they_can():
    """Each takes 0.65% of the noise in 128 dimensions, as 1 bit can: "levels 2 to 8 carry nothing"."""
    latents = np.random.default_rng(0).normal(size=(30, 64, 128))
    books, tokens, left = [], [], latents.reshape(-1, 128)
    for level in range(4):
        axis = np.eye(128)[level] * np.sqrt(2 / np.pi)
        books.append(np.stack([-axis, axis]))
        tokens.append((left[:, level] > 0).astype(int))
        left = left - books[-1][tokens[-1]]
    assert 0.004 < 1 - np.square(left).sum() / np.square(latents).sum() < 0.03
    assert "nothing" not in titles(levels_told(books, latents, tokens)).replace("nothing wrong", "")


def test_few_latents_that_are_nan_are_no_encoder_that_diverged():
    vectors, latents = means(), media().copy()
    latents[0] = np.nan
    (found,) = [one for one in told(table(vectors), latents=latents) if "hold NaN" in one.title]
    assert "diverged" not in found.title and "damaged media" in found.text
