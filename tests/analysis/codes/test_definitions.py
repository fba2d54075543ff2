"""Each definition on screen against the code that it speaks of: by tokens, codes and counts, not by its own words."""

import re

import numpy as np
import pytest
import torch
from made_audits import counted

from explorer.analysis.codes.definitions import DEFINITIONS, help_for, lattice_definition
from explorer.analysis.codes.duplicates import NEAR
from explorer.analysis.codes.states import DEAD, OVER_USED, UNSEEN, code_states
from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.joints.measures.unused import LIKELY_MEDIA
from explorer.joints.measures.usage import training_usage, usage
from explorer.joints.record import Codebook
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer
from explorer.media.pictures.image import LoadedImage, fit
from explorer.media.quality.metrics import mean_of, psnr
from explorer.pages.shared.session import SIDES_PX, Visit
from explorer.quantizers.lattices.bsq import BinarySphericalQuantizer
from explorer.quantizers.lattices.fsq import FiniteScalarQuantizer, fsq_rule
from explorer.quantizers.lattices.lfq import LookupFreeQuantizer
from explorer.quantizers.lattices.signs import sign_rule
from explorer.tokenizers import list_tokenizers


def words(id):
    return DEFINITIONS[id].words


@pytest.mark.parametrize("id", DEFINITIONS)
def test_every_definition_is_a_term_and_plain_sentences(id):
    one = DEFINITIONS[id]
    assert one.term and one.words[0].isupper() and one.words.endswith(".")
    assert len(one.words) < 520, "short help, not a lesson"
    assert help_for([id]) == {id: {"term": one.term, "words": one.words}}


def test_used_begins_at_the_token_that_is_said_and_dead_at_the_media():
    least = int(re.search(r"at least (\d+) of the tokens", words("used"))[1])
    below = usage(np.repeat([0, 1], [9, max(least - 1, 0)]), 2)
    at = usage(np.repeat([0, 1], [9, least]), 2)
    assert least == 1 and (below.used, at.used) == (1, 2)
    assert f"over {LIKELY_MEDIA} media or more" in words("dead") and "more media may find" in words("unseen")


def test_perplexity_reaches_its_ceiling_only_with_even_use():
    assert "at most min(K, N)" in words("perplexity") and "Two to the power of the entropy" in words("perplexity")
    for size, tokens in ((8, 4), (4, 8), (1000, 10)):
        even = usage(np.arange(tokens) % size, size)
        assert even.perplexity == pytest.approx(min(size, tokens)) == even.ceiling
        assert even.perplexity == pytest.approx(2**even.entropy_bits)
        assert even.entropy_bits == pytest.approx(np.log2(min(size, tokens))) and "log2 of min(K, N)" in words(
            "entropy"
        )
        uneven = usage(np.append(np.arange(tokens - 1) % size, 0), size)
        assert uneven.perplexity < even.perplexity
        assert uneven.kl_to_uniform_bits == pytest.approx(np.log2(size) - uneven.entropy_bits)


def test_gini_is_0_for_even_use_and_near_1_for_one_code():
    assert usage(np.arange(100), 100).gini == pytest.approx(0)
    assert usage(np.zeros(100, int), 100).gini > 0.98


def test_states_are_those_of_the_codebook_page():
    assert code_states(counted([4, 0, 0]), None).count(DEAD) == 0, "of too few media nothing is called dead"
    assert code_states(counted([4, 0, 0]), None).count(UNSEEN) == 2
    share = re.search(r"within (\d+)% of the median", words("near-duplicate"))
    assert float(share[1]) / 100 == NEAR
    times = int(re.search(r"with (\d+) times an even share", words("over-used"))[1])
    size = 100
    counts = np.full(size, 10)
    counts[0] = times * 10 + 200
    known = code_states(counted(counts), None)
    assert known.over_used_from == int(np.ceil(counts.sum() * times / size))
    assert (known.state == OVER_USED).tolist() == (counts >= known.over_used_from).tolist()


@pytest.mark.parametrize("make", [LookupFreeQuantizer, BinarySphericalQuantizer], ids=["LFQ", "BSQ"])
def test_the_bit_order_that_is_said_is_the_one_that_encodes(make):
    quantizer = make(bits=4).eval()
    said = lattice_definition(quantizer.rule).words
    assert "The first axis is the most significant bit" in said and "bit 1 is the positive side" in said
    first = torch.tensor([[1.0, -1, -1, -1]])
    assert int(quantizer(first).indices) == 0b1000, "by the sum of 2^(i-1) it would be 1"
    assert int(quantizer(-first).indices) == 0b0111
    assert "sum of 2^(i-1): there it is the least significant one" in said
    low, high = re.search(r"axes is (\S+) or (\S+) by the sign", said).groups()
    values = np.unique(quantizer(torch.randn(50, 4)).z_q.detach().numpy())
    assert [float(v.replace("\N{MINUS SIGN}", "-")) for v in (low, high)] == pytest.approx(values, rel=2e-3)


def test_the_sign_of_exactly_0_is_the_one_that_is_said():
    quantizer = LookupFreeQuantizer(bits=3).eval()
    said = lattice_definition(quantizer.rule).words
    assert "exactly 0 counts as negative" in said and int(quantizer(torch.zeros(1, 3)).indices) == 0


def test_the_values_of_fsq_that_are_said_are_those_that_come_out():
    quantizer = FiniteScalarQuantizer((8, 5)).eval()
    said = lattice_definition(quantizer.rule).words
    found = quantizer(torch.linspace(-9, 9, 4001)[:, None].expand(-1, 2)).z_q.detach().numpy()
    for axis in (0, 1):
        listed = re.search(rf"axis {axis + 1}: ([^(;.]*(?:\.[^(;.]+)*)", said)[1]
        numbers = [float(v.replace("\N{MINUS SIGN}", "-")) for v in re.findall(r"[\N{MINUS SIGN}\d.]*\d", listed)]
        assert numbers == pytest.approx(np.unique(found[:, axis]), abs=1e-3)
    assert "(4 below zero, 3 above)" in said and said.count("below zero") == 1, "5 values lie evenly"
    assert "(i - L/2) / (L/2)" in said and "for an even L are L + 1 values" in said
    one_step = quantizer.codebooks()[0].rows(np.array([0, 1]))
    assert one_step[0, 0] != one_step[1, 0] and one_step[0, 1] == one_step[1, 1] and "counts fastest" in said
    assert "lopsided" not in lattice_definition(FiniteScalarQuantizer((5, 3)).rule).words


def test_the_short_words_on_fsq_and_signs_hold_too():
    five, four = fsq_rule((5,)).axis_values[0], fsq_rule((4,)).axis_values[0]
    listed = [
        [float(v.replace("\N{MINUS SIGN}", "-")) for v in part.split(", ")]
        for part in (re.search(r"of 5 values (.*?); of 4, an even number, (.*?), more below", words("fsq")).groups())
    ]
    assert listed == [list(five), list(four)] and not fsq_rule((4,)).first_axis_most_significant
    assert "The first axis counts fastest" in words("fsq")
    assert "first axis is the most significant bit" in words("signs") and sign_rule("LFQ", 3, 1.0).radix()[0] == 4


def test_dead_in_the_lab_is_what_the_lab_counts():
    least, latents = (int(n) for n in re.search(r"at least (\d+), .* (\d+) latents a code", words("dead-lab")).groups())
    for size, batch in ((64, 512), (512, 16)):
        trainer = LabTrainer(LabSettings().changed({"codebook_size": size, "batch_size": batch}), torch.device("cpu"))
        assert trainer.window == max(least, -(-latents * size // batch))


def test_only_a_codebook_with_a_rule_has_a_lattice_to_explain():
    quantizer = FiniteScalarQuantizer((3,) * 9)
    (book,) = quantizer.codebooks()
    assert "and 3 axes more" in help_for([], book)["lattice"]["words"]
    assert "lattice" not in help_for([], Codebook(2, 1, "euclidean", vectors=np.zeros((2, 1), np.float32)))


def test_an_average_of_training_is_told_in_tokens():
    assert "1 / (1 - decay)" in words("training") and "at least 1 of these" in words("training")
    book = Codebook(3, 1, "euclidean", np.zeros((3, 1), np.float32), counts=np.array([8, 0.2, 1e-9]), counts_decay=0.75)
    assert training_usage(book).tokens.tolist() == [32, 0.8, 0] and training_usage(book).used.tolist() == [1, 0, 0]


def test_one_default_size_for_pages_commands_and_cards():
    assert Visit().side_px == SIDES_PX[0] == FIGURE_SIDE_PX
    for spec in list_tokenizers():
        side = spec.fixed_size[0] if spec.fixed_size else FIGURE_SIDE_PX  # one that takes a single size has no choice
        assert spec.modality != "image" or spec.measured["side_px"] == side
    for id in ("psnr", "card_psnr"):
        assert f"{FIGURE_SIDE_PX} px" in words(id)


def test_an_infinite_psnr_is_left_out_of_means_and_said():
    picture = np.random.default_rng(0).random((12, 12, 3))
    found = mean_of([psnr(picture, picture), psnr(picture, picture * 0.9), psnr(picture, picture * 0.8), None])
    assert found.value == pytest.approx((psnr(picture, picture * 0.9) + psnr(picture, picture * 0.8)) / 2)
    assert found.words() == "mean of 2 pictures, 1 decoded exactly and 1 not known left out"
    assert mean_of([30.0]).words() == "mean of 1 picture" and mean_of([float("inf")]).value is None
    assert "means leave it out" in words("psnr")


def test_pictures_are_fitted_as_is_said():
    rng = np.random.default_rng(0)
    small = LoadedImage(rng.random((40, 56, 3), dtype=np.float32))
    assert (fit(small, 8, FIGURE_SIDE_PX).pixels == small.pixels).all(), "nothing is scaled up"
    odd = LoadedImage(rng.random((45, 56, 3), dtype=np.float32))
    assert (fit(odd, 8, FIGURE_SIDE_PX).pixels == odd.pixels[2:42]).all(), "what is over is cropped evenly at both ends"
    large = fit(LoadedImage(rng.random((300, 600, 3), dtype=np.float32)), 8, FIGURE_SIDE_PX)
    assert large.pixels.shape[1] == FIGURE_SIDE_PX and large.notes, "and what was done is said"
