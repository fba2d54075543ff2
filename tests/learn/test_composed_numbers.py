"""What the chapters on composed and implicit codes say in numbers is so."""

import numpy as np
import pytest

from explorer.audit.shipped import list_audits, load_shipped
from explorer.lab.batch import run_lab
from explorer.learn.tour import CHAPTERS
from explorer.media.medium import tokenized
from explorer.media.samples import SAMPLES
from explorer.pages.lab.link import linked_run
from explorer.tokenizers import list_tokenizers, load_tokenizer
from tests.learn.cards import cards_report

STEPS = {f"{chapter.id}.{number}": step for chapter in CHAPTERS for number, step in enumerate(chapter.steps)}


@pytest.fixture(scope="module")
def facts_of(node):
    def ask(*queries):
        return [report["facts"] for report in cards_report(node, queries)]

    return ask


def shipped(tokenizer_id):
    if tokenizer_id not in {spec.id for spec in list_tokenizers()}:
        pytest.skip("checkpoints/ is empty: python -m explorer train NAME fills it")
    return load_tokenizer(tokenizer_id)


def said(name):
    """All words of a step."""
    step = STEPS[name]
    parts = [step.says, step.more, *([step.question.because] if step.question else [])]
    return " ".join(parts + ([step.task.hint, step.task.done] if step.task else []))


def test_sixteen_codes_are_split_as_the_task_says(facts_of):
    found = facts_of(*({"card": "residual", "size": k, "levels": q} for k, q in (("4", "4"), ("8", "2"), ("16", "1"))))
    assert [one["stored"] for one in found] == [16, 16, 16] and [one["bits"] for one in found] == [8, 6, 4]
    assert all(one["error"] in said("residual.4") for one in found)
    assert facts_of({"card": "residual", "levels": "2"})[0]["sums"] == 64


def test_turning_helps_a_tilted_grid_and_not_a_long_cloud_with_as_many_codes_an_axis(facts_of):
    straight, turned = facts_of({"card": "product"}, {"card": "product", "angle": "27"})
    assert 8.5 < float(straight["error"]) / float(turned["error"]) < 9.5  # "a ninth"
    angles = [{"card": "product", "cloud": "long", "angle": str(angle)} for angle in range(-90, 91, 15)]
    errors = [float(one["error"]) for one in facts_of(*angles)]
    assert max(errors) / min(errors) < 1.05
    uneven = facts_of({"card": "product", "cloud": "long", "angle": "30", "first": "8", "second": "2"})[0]
    assert uneven["cells"] == 16 and float(uneven["error"]) < 0.5 * min(errors)


def test_greedy_and_wider_searches_find_what_is_said(facts_of):
    here, *beams = facts_of(
        STEPS["additive.0"].query, *({**STEPS["additive.1"].query, "beam": str(beam)} for beam in (1, 2, 3))
    )
    assert (here["greedy"][0], here["joint"], here["best"]) == ("0", "1 0", "1 0")
    assert f"{float(here['gap']):.2f}" == "0.40" and "0.40 away" in said("additive.0") and here["missed"] == "0.0000"
    assert [float(one["missed"]) > 0.1 for one in beams] == [True, True, False] and beams[2]["missed"] == "0.0000"


def test_heads_miss_as_much_as_is_said(facts_of):
    alike, apart, summed, beside, same = facts_of(
        *({"card": "multihead", "looks": looks} for looks in ("40;50;65", "40;130;65")),
        STEPS["multihead.2"].query,
        {**STEPS["multihead.2"].query, "compose": "concatenate"},
        {"card": "multihead", "looks": "40;40;65"},
    )
    assert float(alike["error"]) / float(apart["error"]) > 20
    assert 0.24 < float(beside["error"]) / float(summed["error"]) < 0.26 and beside["token"] == summed["token"]
    assert len(set(same["token"].split())) == 1


def test_bits_that_say_the_same_use_two_codes(facts_of):
    linked, off = facts_of(STEPS["bits.1"].query, STEPS["bits.2"].query)
    assert (linked["used"], linked["codes"], off["codes"]) == (2, 16, 16)


def test_the_error_on_the_sphere_does_not_hang_on_the_length(facts_of):
    first, long, longer = facts_of(*({"card": "sphere", "length": str(x)} for x in (1.4, 2.5, 2.4)))
    assert first["distance"] == long["distance"] and first["index"] == long["index"]
    assert float(long["without"]) > float(longer["without"]) > float(long["distance"])
    assert round((2 - 2 / 3**0.5) ** 0.5, 3) == 0.919


def test_runs_of_the_lab_leave_what_is_said():
    def error(settings):
        return f"{run_lab(settings, 300, 'cpu').frame().measures['quantization_error']:.3f}"

    product = linked_run(STEPS["products.1"].query).settings
    both = linked_run(STEPS["additive.2"].query)
    residual = error(both.settings)
    assert error(product) == "0.033" and residual == "0.021"
    assert error(both.settings.changed(both.other)) == "0.019"
    assert both.settings.dataset == product.dataset and both.settings.codebook_size == product.codebook_size == 8


def test_the_second_and_fourth_group_carry_the_most():
    tokenizer = shipped("pq-4")
    record = tokenized(SAMPLES["coffee"].load(), tokenizer, 256)
    whole = tokenizer.decode_levels(record, range(4))
    lost = [
        np.square(tokenizer.decode_levels(record, [q for q in range(4) if q != mute]) - whole).mean()
        for mute in range(4)
    ]
    assert min(lost[1], lost[3]) > 5 * max(lost[0], lost[2])


def test_the_square_that_is_marked_has_the_digits_that_are_said():
    tokenizer = shipped("fsq")
    level = tokenized(SAMPLES["astronaut"].load(), tokenizer, 256).levels[0]
    index = int(level.indices.ravel()[int(STEPS["lattices.2"].query["token"])])
    assert index == 887 == 7 + 8 * 0 + 40 * 2 + 200 * 4
    assert level.codebook.rule.digits(np.array(index)).tolist() == [7, 0, 2, 4]


@pytest.mark.parametrize(
    ("tokenizer_id", "used", "perplexity"),
    [("fsq", 997, "394"), ("lfq", 1024, "867"), ("bsq", 1024, "784"), ("vq-ema-reseed", 1024, "562")],
)
def test_audits_say_what_the_chapters_say(tokenizer_id, used, perplexity):
    shipped(tokenizer_id)
    assert "val" in list_audits(tokenizer_id)
    counts = np.asarray(load_shipped(tokenizer_id, "val").levels[0].counts, float)
    shares = counts[counts > 0] / counts.sum()
    assert counts.sum() == 240_000 and len(shares) == used
    assert f"{np.exp(-(shares * np.log(shares)).sum()):.0f}" == perplexity
    name = {"fsq": "lattices.2", "bsq": "sphere.3"}.get(tokenizer_id, "bits.3")
    assert perplexity in said(name)
