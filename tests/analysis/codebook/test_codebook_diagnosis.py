"""The diagnosis: codebooks of known cause get the right finding and nothing false, healthy ones no alarm."""

import re
from functools import cache

import numpy as np
import pytest
from made_audits import audit_of, counted, level_of, table

from explorer.analysis.codebook.diagnosis import RULES, diagnose, evidence_of
from explorer.analysis.codebook.findings import CODES_NAN, Finding, percent, worst_first
from explorer.analysis.codebook.rules_levels import level_words
from explorer.analysis.severity import RANK
from explorer.audit.shipped import load_shipped
from explorer.foundation.config import settings
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.native.specs import read_config
from tests.analysis.codebook.codebook_broken import BROKEN
from tests.analysis.codebook.codebook_cases import audited, means, media
from tests.analysis.codebook.codebook_cases import judge as judged
from tests.analysis.codebook.codebook_faults import searched
from tests.analysis.codebook.codebook_well import WELL
from tests.shipped import counted_ids

CASES = {case.name: case for case in (*BROKEN, *WELL)}


@cache
def judge(name):
    return judged(CASES[name])


# More than a third of that speech is quieter than -40 dB, and the middle of a lattice stands for silence: three tokens
# in ten are that one code, which is true and said, and no fault of the codebook.
SILENT = ("sound-fsq", "val")


def alarms(findings):
    return [finding for finding in findings if finding.level in ("bad", "warning")]


def titled(findings, words):
    found = [finding for finding in findings if words in finding.title]
    assert len(found) == 1, [finding.title for finding in findings]
    return found[0]


@cache
def zoo(tokenizer_id, audit="val"):
    return diagnose(load_shipped(tokenizer_id, audit), load_tokenizer(tokenizer_id).codebooks())


def healthy_ids(healthy):
    folder = settings().checkpoints
    return [name for name in counted_ids() if read_config(folder / name)["healthy"] is healthy]


def test_there_are_enough_cases_of_both_kinds():
    assert len(BROKEN) >= 25 and len(WELL) >= 15 and len(CASES) == len(BROKEN) + len(WELL)


@pytest.mark.parametrize("name", [case.name for case in BROKEN])
def test_a_broken_codebook_gets_its_cause_and_nothing_false(name):
    case, verdict = CASES[name], judge(name)
    said = [(one.level, one.sure, one.title) for one in verdict.findings]
    assert verdict.named, (case.right, said)
    assert verdict.false == () and verdict.alarm, (verdict.false, said)


@pytest.mark.parametrize("name", [case.name for case in WELL])
def test_a_healthy_codebook_gets_no_alarm(name):
    verdict = judge(name)
    assert not verdict.alarm and verdict.false == (), [(one.level, one.title) for one in verdict.findings]
    assert verdict.findings[-1].level == "good"


@pytest.mark.parametrize("name", list(CASES))
def test_a_finding_on_one_of_several_levels_names_it(name):
    """So that whoever lists titles need not say the level again."""
    for one in judge(name).findings:
        if one.codebook_level is not None:
            assert f" {one.codebook_level + 1}" in one.title, one.title
        said = f"{one.title} {one.text}"
        slip = r"\b(?<![\d,.])1 (codes|media|levels|bits|sounds|pictures|near-duplicates)\b"
        assert not re.search(slip, re.sub(r"\d of 1 ", "", said)), said


@pytest.mark.parametrize("name", list(CASES))
def test_worst_first_and_healthy_never_above_anything(name):
    ranks = [RANK[one.level] for one in judge(name).findings]
    assert ranks == sorted(ranks) and RANK["good"] == max(RANK.values())


@pytest.mark.parametrize("tokenizer_id", healthy_ids(True))
@pytest.mark.parametrize("audit", ["val", "samples"])
def test_no_alarm_on_a_healthy_tokenizer(tokenizer_id, audit):
    findings = zoo(tokenizer_id, audit)
    if (tokenizer_id, audit) == SILENT:
        assert [one.kind for one in alarms(findings)] == ["One code takes most"]
        return
    assert alarms(findings) == [] and findings[-1].level == "good"
    counted = load_shipped(tokenizer_id, audit)
    few = counted.tokens < 10 * counted.levels[0].codebook_size  # of each code hardly any: nobody can be certain
    if len(counted.media) > (5 if few else 3):  # fewer are a first look
        assert findings[-1].sure == ("likely" if few else "certain")
        assert findings[-1].title in ("Healthy: nothing wrong is measured", "No alarm: nothing wrong is measured")


@pytest.mark.parametrize("audit", ["val", "samples"])
def test_the_collapsed_one_is_named_with_its_cause(audit):
    findings = zoo("vq-collapsed", audit)
    dead = titled(findings, "codes are dead")
    none = int((load_shipped("vq-collapsed", audit).levels[0].counts == 0).sum())
    assert dead.level == "bad" and dead.title.startswith("At least ") and f"{none} of 1,024" in dead.text
    assert titled(findings, "where no latent comes").figure == "geometry"
    assert not any(finding.level == "good" for finding in findings)


@pytest.mark.parametrize(("count", "level", "sure"), [(9, "note", "possible"), (10, "bad", "certain")])
def test_latents_of_few_media_make_no_alarm_of_a_place_or_a_size(count, level, sure):
    """The same shifted codebook at a first look, where it may be the media, and when ten media say it."""
    audit, books = searched(means() + 2.0, media()[:count])
    shifted = titled(diagnose(audit, books), "is shifted against the latents")
    assert (shifted.level, shifted.sure) == (level, sure)
    assert (f"the latents of {count} media may be by nature" in shifted.text) == (level == "note")


def test_an_ema_without_reseeding_has_its_dead_codes_in_one_heap():
    findings = zoo("vq-ema")
    assert titled(findings, "codes are dead").level in ("bad", "warning")
    heap = titled(findings, "Dead codes lie at zero")
    idle = load_shipped("vq-ema", "val").levels[0].counts == 0
    none = int(idle.sum())
    assert none == 1024 - 464  # as the card has it; codes that lie within a rounding of each other share no tokens
    assert "pytorch-vq-vae/issues/10" in heap.source and f"{none} codes without a token lie at zero" in heap.text
    dead = load_tokenizer("vq-ema").codebooks()[0].vectors[idle]
    away = np.linalg.norm(dead - np.median(dead, axis=0), axis=1)
    assert (away < 0.05).mean() > 0.99, "it is one heap indeed"


def test_what_the_counts_of_training_add():
    codes, latents = np.concatenate([means(), means() + 30]), media().reshape(-1, 16)
    book = table(codes, counts=np.repeat([1.0, 0.0], 128))
    assert "were dead at the end" in titled(diagnose(audit_of(level_of(book, latents)), [book]), "are dead").text
    book = table(codes, counts=np.ones(256))
    found = titled(diagnose(audit_of(level_of(book, latents)), [book]), "no token here, though most had in training")
    assert "of another kind" in found.text and (found.level, found.sure) == ("warning", "likely")


def test_dead_is_the_number_that_lasts_and_not_what_more_media_would_find():
    """100 codes are never used; 20 others are so rare that half of them were not met yet."""
    chance = np.concatenate([np.full(880, 1.0), np.full(20, 0.004), np.zeros(100)])
    codes = np.random.default_rng(0).choice(1000, 64 * 2000, p=chance / chance.sum()).reshape(64, 2000)
    occurs = np.stack([np.bincount(medium, minlength=1000) > 0 for medium in codes]).sum(0)
    level = counted(np.bincount(codes.reshape(-1), minlength=1000))
    level = level.__class__(**{**vars(level), "media": 64, "occurs": occurs})
    finding = titled(diagnose(audit_of(level), [None]), "codes are dead")
    said = int(finding.title.split()[2])
    none = int((occurs == 0).sum())
    assert finding.sure == "certain" and 20 <= said <= 100 < none, (said, none)
    assert f"{none:,} of 1,000" in finding.text


def test_where_enough_was_counted_nobody_is_told_to_count_as_much():
    """Of 100 photographs 5 codes of the first level have no token, and as many occur in a few of them."""
    finding = titled(zoo("rvq-4"), "5 of 1,024 codes are not seen yet on level 1")
    assert "10,240" not in finding.advice and "Not known yet: others are hardly less rare" in finding.advice
    assert "expected to find 0 of them, 5 at most" in finding.text
    few = titled(judge("a large codebook over one sample").findings, "not seen yet")
    assert "count 20 media or more and about 10 tokens for each code, 10,240." in few.advice


def test_one_giant_code_of_plain_indices():
    for share, level in ((0.6, "note"), (0.3, "note")):
        counts = np.full(100, 50)
        counts[7] = round(share / (1 - share) * 50 * 99)
        finding = titled(diagnose(audit_of(counted(counts)), [None]), "Code 7 takes")
        assert finding.level == level and f"{share:.0%} of all tokens" in finding.title, "the others are well used"
    counts = np.zeros(100, int)
    counts[[7, 8, 9]] = 9000, 50, 40
    assert titled(diagnose(audit_of(counted(counts)), [None]), "Code 7 takes").level == "bad"


def test_notes_on_parts_and_halves():
    steep, even = np.repeat([200, 1], [10, 90]), np.full(100, 40)
    halves = np.stack([steep, even])
    assert titled(diagnose(audit_of(counted(halves.sum(0), halves)), [None]), "Not stable yet").figure == "halves"
    book, latents = table(means()), media().reshape(-1, 16)
    partial = diagnose(audit_of(level_of(book, latents), planned=500), [book])
    assert "23 of 500 media were counted" in titled(partial, "A partial audit").text
    skipped = diagnose(audit_of(level_of(book, latents), planned=24, skipped=(("b.png", "no picture"),)), [book])
    assert "b.png (no picture)" in titled(skipped, "media was skipped").text and alarms(skipped) == []


def test_many_levels_of_a_kind_give_one_finding_that_names_them():
    found = judge("dead codes on six levels").findings
    summary = titled(found, "Dead codes on all levels")
    assert summary.levels == tuple(range(6)) and summary.codebook_level is None
    assert "Level 1: " in summary.text and "level 6: " in summary.text
    assert level_words([3]) == "level 4" and level_words([9, 10, 11, 0]) == "levels 1 and 10 to 12"


def test_a_share_is_never_called_all_or_none_when_it_is_not():
    assert [percent(share) for share in (0, 0.001, 0.126, 0.998, 1)] == ["0%", "under 1%", "13%", "over 99%", "100%"]


def test_every_finding_names_a_source_a_figure_and_what_to_try():
    found = [finding for name in counted_ids() for finding in zoo(name)]
    found += [finding for name in CASES for finding in judge(name).findings]
    figures = {"heatmap", "map", "geometry", "growth", "batches", "halves", "code"}
    fields = {"level", "title", "text", "sure", "try", "figure", "source", "codebook_level", "levels"}
    for finding in found:
        assert "https://" in finding.source or "Survey" in finding.source, finding.title
        assert finding.figure in figures and finding.advice and finding.text.endswith((".", ")")), finding
        assert finding.kind and set(finding.as_json()) == fields
    assert len(RULES) > 15


def test_nobody_waits_for_codes_that_are_nan():
    """Three of them can never be met: they are named first, and are none of those that are not seen yet."""
    vectors = np.concatenate([means(), means()[:20] + 50])
    vectors[-3:] = np.nan
    latents = media()[:4]
    near = np.square(latents[:, :, None] - vectors[None, None, :-3]).sum(-1).argmin(-1)
    audit, codebooks = audited(table(vectors), latents=latents, codes=[near])
    (evidence,) = evidence_of(audit, codebooks)
    without = int(np.count_nonzero(audit.levels[0].counts == 0))
    assert evidence.unused.none == without - 3
    found = diagnose(audit, codebooks)
    assert found[0].title.startswith("3 of 148 codes are NaN")
    assert any(one.title.startswith(f"{without - 3} of 148 codes are not seen yet") for one in found), found


def test_that_a_run_diverged_stands_first_whatever_its_advice_says():
    """What kind of finding it is decides, and not the words of what to try."""

    def finding(kind, sure, advice):
        return Finding("bad", kind, "text", sure, advice, "heatmap", "source", None, kind)

    found = (finding("Dead codes", "certain", "x"), finding(CODES_NAN, "likely", "another word of advice"))
    assert [one.kind for one in worst_first(found)] == [CODES_NAN, "Dead codes"]
