"""Codebooks of which a part is wrong, tokens that were changed in part, and media that show nothing: what is said of
them for certain has to be so. Each of these was once answered with a false statement."""

import re

import numpy as np
import pytest

from explorer.analysis.codes.belonging import astray, belongs
from explorer.analysis.codes.causes import cause_of
from explorer.analysis.codes.neighbours import assign
from tests.analysis.codebook.codebook_cases import CODES, lattice, means, media, table
from tests.analysis.codebook.faults import exchanged, levels_told, own, residual, rows, titles, told


@pytest.mark.parametrize("count", [4, 12, 24])
def test_rows_that_were_exchanged_are_counted_and_no_shift_is_made_up(count):
    vectors, latents = means(), media()
    codes = [own(vectors, latents)]
    moved = exchanged(vectors, rows(count))
    found = told(table(moved), latents=latents, codes=codes)
    known = titles(found)
    assert "shifted" not in known and "scaled" not in known and "no code is" not in known and "Healthy" not in known
    flat, moved_book = latents.reshape(-1, latents.shape[-1]), table(moved)
    fits = belongs(moved_book, flat, codes[0].ravel())
    lost = astray(moved_book, flat, codes[0].ravel(), fits, assign(moved_book, flat))
    used = np.unique(codes[0])
    assert set(lost) <= set(rows(count)) and len(lost) >= 0.9 * np.isin(rows(count), used).sum()
    named = found[0].title + found[0].text
    assert "in another place" in named or "are not where their latents are" in named or "each to one other" in named


@pytest.mark.parametrize("share", [0.12, 0.2])
def test_tokens_that_were_changed_here_and_there_are_no_shift(share):
    vectors, latents = means(), media()
    codes, random = own(vectors, latents), np.random.default_rng(1)
    codes = np.where(random.random(codes.shape) < share, random.integers(0, CODES, codes.shape), codes)
    found = told(table(vectors), latents=latents, codes=[codes])
    assert found[0].title == "Codes and tokens do not belong together in part"
    assert "sampled rather than chosen or changed since" in found[0].text
    assert cause_of(table(vectors), latents.reshape(-1, latents.shape[-1]), codes.ravel(), 0.95) is None


def test_rows_that_were_written_over_are_counted():
    vectors, latents = np.array(means()), media()
    codes = [own(vectors, latents)]
    vectors[rows(20)] = np.random.default_rng(2).normal(size=(20, vectors.shape[1])) * vectors.std(0)
    found = told(table(vectors), latents=latents, codes=codes)
    assert "in another place" in found[0].title and "shifted" not in titles(found), titles(found)


@pytest.mark.parametrize("right", [True, False])
def test_of_latents_that_are_all_one_nothing_is_made_up(right):
    """The tokens were called shifted, and the latents varying by a number of three hundred digits."""
    vectors = means()
    latents = np.ones((30, 64, vectors.shape[1]), np.float32)
    nearest = int(own(vectors, latents)[0, 0])
    codes = [np.full((30, 64), nearest if right else (nearest + 1) % CODES)]
    found = told(table(vectors), latents=latents, codes=codes)
    assert found[0].title == "All latents are alike" and "shifted" not in titles(found)
    assert ("do not belong together" in titles(found)) == (not right)
    zero = told(table(vectors), latents=0 * latents, codes=[np.full((30, 64), (nearest + 1) % CODES)])
    assert "metric" not in titles(zero)
    assert max(len(one.text) for one in (*found, *zero)) < 500


def test_levels_whose_tokens_were_exchanged_do_not_carry_nothing():
    books, latents, tokens = residual()
    assert not {"bad", "warning"} & {one.level for one in levels_told(books, latents, tokens)}
    found = levels_told(books, latents, [tokens[0], tokens[2], tokens[1]])
    assert "carr" not in titles(found) and "wrong order" not in titles(found), titles(found)
    assert "Codes and tokens do not belong together on level 2" in titles(found)
    (open_ones,) = [one for one in found if "cannot be judged" in one.title]
    assert open_ones.levels == (0, 2) and "Healthy" not in titles(found)


@pytest.mark.parametrize("factor", [0.5, 1.5, 2.0])
def test_a_level_of_another_size_makes_neither_an_order_nor_a_healthy_level(factor):
    books, latents, tokens = residual()
    books[1] = factor * books[1]
    found = levels_told(books, latents, tokens)
    assert "wrong order" not in titles(found) and "The codebook is scaled on level 2" in titles(found)
    (well,) = [one for one in found if one.level == "good"]
    assert well.title == "Healthy: level 1" and "Level 3 cannot be judged by its codes" in titles(found)


def test_levels_before_one_that_nothing_explains_are_not_called_healthy():
    books, latents, tokens = residual()
    tokens[1] = np.random.default_rng(0).permutation(tokens[1])
    found = levels_told(books, latents, tokens)
    assert "Codes and tokens do not belong together on level 2" in titles(found) and "Healthy" not in titles(found)
    (open_ones,) = [one for one in found if "cannot be judged" in one.title]
    assert open_ones.levels == (0, 2) and "may also lie in the codes of level 1" in open_ones.text


def test_a_level_in_another_order_of_rows_is_named_and_does_not_carry_nothing():
    books, latents, tokens = residual()
    books[2] = books[2][np.random.default_rng(0).permutation(len(books[2]))]
    found = levels_told(books, latents, tokens)
    assert "do not belong together" in found[0].title and "on level 3" in found[0].title
    assert "rows are in another order" in found[0].title and "carr" not in titles(found)


def test_groups_of_a_product_do_not_follow_each_other():
    vectors, latents = means(dim=8, kinds=24), media(dim=8, kinds=24)
    random = np.random.default_rng(0)
    codes = [random.integers(0, CODES, latents.shape[:2]) for _ in range(2)]
    found = told(table(vectors), table(vectors), latents=[latents, latents], codes=codes, combination="concatenate")
    strange = [one for one in found if "do not belong together" in one.title]
    assert [one.codebook_level for one in strange] == [0, 1]
    assert not any("level" in one.text for one in strange)


def blank(count=25, counts=None):
    """Media of one dark colour: two codes, one of them at the border, in all of them alike."""
    vectors = means()
    latents = np.repeat(vectors[:1][None].astype(np.float32), count * 64, axis=1).reshape(count, 64, -1)
    latents[:, :8] = vectors[1]
    latents = latents + 1e-3 * np.random.default_rng(0).normal(size=latents.shape)
    near = 0.9 * vectors[0] + 0.1 * latents  # all close together beside what codes span
    book = table(vectors, counts=counts)
    codes = np.where(np.arange(64) < 8, 1, 0) * np.ones((count, 1), int)
    return told(book, latents=near, codes=[codes])


def test_blank_media_condemn_no_codebook_for_certain():
    """25 black pictures: "at least 968 of 1,000 codes are dead, certain" of a codebook that training used whole."""
    certain = [one for one in blank() if one.level in ("bad", "warning") and one.sure == "certain"]
    assert not [one for one in certain if "dead" in one.title or "size" in one.title or "smaller" in one.title]
    trained = blank(counts=np.full(CODES, 50.0))
    assert "dead" not in titles(trained)
    (unused,) = [one for one in trained if "though most had in training" in one.title]
    assert unused.level == "note" and unused.sure == "likely" and "but a few codes" in unused.text


def test_one_code_in_all_media_is_a_likely_collapse():
    found = told(table(means()), latents=media(), codes=[np.zeros(media().shape[:2], int)])
    assert found[0].level == "bad"


def test_blank_media_do_not_say_that_one_code_takes_most_where_training_used_all():
    """25 black pictures: a warning that one code takes 79% of the tokens of a codebook that training used whole."""
    vectors = means()
    latents = vectors[0] + 1e-3 * np.random.default_rng(0).normal(size=(25, 64, vectors.shape[1]))
    codes = [np.where(np.arange(64) < 12, 1, 0) * np.ones((25, 1), int)]
    for counts, level in ((np.full(CODES, 50.0), "note"), (None, "warning")):
        found = told(table(vectors, counts=counts), latents=latents, codes=codes)
        (giant,) = [one for one in found if "takes" in one.title]
        assert giant.level == level and "but a few codes" in giant.text, giant


@pytest.mark.parametrize(("factor", "offset", "words"), [(0.95, 0.0, "scaled"), (1.0, 0.03, "shifted")])
def test_a_codebook_a_little_off_is_not_healthy(factor, offset, words):
    """Over 90% of the tokens still have the nearest code, and nothing at all was said of the others."""
    vectors, latents = means(), media()
    codes = own(vectors, latents)
    size = np.linalg.norm(latents.reshape(-1, latents.shape[-1]), axis=1).mean()
    moved = factor * vectors + offset * size / vectors.shape[1] ** 0.5
    flat = latents.reshape(-1, latents.shape[-1])
    share = float(belongs(table(moved), flat, codes.ravel()).mean())
    assert 0.9 <= share < 0.98, share
    found = told(table(moved), latents=latents, codes=[codes])
    (said,) = [one for one in found if one.kind == "Tokens that do not have the nearest code"]
    assert said.level == "warning" and words in said.title and "Healthy" not in titles(found)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05])
def test_a_few_tokens_that_are_not_the_nearest_are_a_note_with_their_share(share):
    vectors, latents = means(), media()
    codes, random = own(vectors, latents), np.random.default_rng(1)
    codes = np.where(random.random(codes.shape) < share, random.integers(0, CODES, codes.shape), codes)
    found = [one for one in told(table(vectors), latents=latents, codes=[codes]) if "nearest code" in one.title]
    assert [one.level for one in found] == (["note"] if share == 0.05 else [])
    assert all(one.title == "5% of the tokens do not have the nearest code" for one in found)


def test_dead_codes_at_one_point_are_not_within_0_of_it():
    vectors, latents = np.array(means()), media()
    codes = own(vectors, latents)
    moved = np.concatenate([vectors, np.zeros((CODES, vectors.shape[1]))])
    found = told(table(moved), latents=latents, codes=[codes])
    (heap,) = [one for one in found if one.kind == "Dead codes in one heap"]
    assert "at zero, to within a millionth of the spread" in heap.text and "within 0 " not in heap.text


@pytest.mark.parametrize("levels", [(5, 5, 5), (2,) * 7, (41,)])
def test_codes_of_a_rule_are_never_told_to_be_reseeded_or_started_elsewhere(levels):
    """Latents that reach a part of a lattice, of bits, and of the integers of one axis: codes unused, one that takes
    most, uneven usage."""
    rng, said = np.random.default_rng(0), set()
    for middle, spread in ((0.02, 0.05), (0.02, 0.2), (0.02, 0.45), (0.3, 0.2)):
        z = np.clip(rng.normal(middle, spread, size=(40, 300, len(levels))), -1, 1).astype(np.float32)
        for one in told(lattice(levels), latents=z):
            said.add(one.kind)
            assert not re.search("eseed|k-means|start the codes|on latents", one.advice), (one.title, one.advice)
    assert said & {"Dead codes", "One code takes most", "Usage is very uneven", "Few codes in use"}
