"""The diagnosis: alarms on codebooks that are broken in a known way, none on those that are well."""

from functools import cache

import numpy as np
import pytest
from made_audits import audit_of, counted, lattice, level_of, signs, table

from explorer.analysis.codebook_diagnosis import diagnose
from explorer.analysis.codebook_findings import percent
from explorer.analysis.neighbours import assign
from explorer.audit.shipped import load_shipped
from explorer.config import settings
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.tokenizers.specs import read_config

CODES, DIM, TOKENS = 64, 8, 6000


@cache
def cloud(seed=0, n=TOKENS, dim=DIM):
    return np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32) + 2


def well(seed=1, codes=CODES):
    """Codes on latents, as after k-means."""
    latents = cloud()
    start = latents[np.random.default_rng(seed).choice(len(latents), codes, replace=False)].astype(np.float64)
    for _ in range(8):
        own = assign(table(start), latents)
        start = np.stack([latents[own == k].mean(0) if (own == k).any() else start[k] for k in range(codes)])
    return start


def said(codebook, latents=None, codes=None, **changes):
    """Findings on one made level."""
    latents = cloud() if latents is None else latents
    return diagnose(audit_of(level_of(codebook, latents, codes), **changes), [codebook])


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
    return [spec.id for spec in list_tokenizers() if read_config(folder / spec.id)["healthy"] is healthy]


@pytest.mark.parametrize("tokenizer_id", healthy_ids(True))
@pytest.mark.parametrize("audit", ["val", "samples"])
def test_no_alarm_on_a_healthy_tokenizer(tokenizer_id, audit):
    findings = zoo(tokenizer_id, audit)
    assert alarms(findings) == [] and findings[0].level == "good" and findings[0].sure == "certain"
    assert findings[0].title == "Healthy: nothing wrong is measured"


def test_the_collapsed_one_is_named_with_its_cause():
    findings = zoo("vq-collapsed")
    dead = titled(findings, "codes are dead")
    counts = load_shipped("vq-collapsed", "val").levels[0].counts
    none = int((counts == 0).sum())
    assert dead.level == "bad" and dead.sure == "certain" and dead.title.startswith(f"{none} of 1,024")
    assert f"no token in {counts.sum():,}" in dead.text
    far = titled(findings, "where no latent comes")
    assert far.figure == "geometry" and "wrong scale" in far.text
    assert not any(finding.level == "good" for finding in findings)


def test_an_ema_without_reseeding_has_its_dead_codes_in_one_heap():
    findings = zoo("vq-ema")
    assert titled(findings, "codes are dead").level == "bad"
    heap = titled(findings, "have run together")
    assert "pytorch-vq-vae/issues/10" in heap.source and heap.text.startswith("over 99% of 548")
    codebook = load_tokenizer("vq-ema").codebooks()[0]
    dead = codebook.vectors[load_shipped("vq-ema", "val").levels[0].counts == 0]
    away = np.linalg.norm(dead - np.median(dead, axis=0), axis=1)
    assert (away < 0.05).mean() > 0.99, "it is one heap indeed"


def test_a_made_codebook_that_is_well():
    findings = said(table(well()))
    assert alarms(findings) == [] and titled(findings, "Healthy").level == "good"
    assert "64 of 64 codes in use" in findings[0].text and "0 near-duplicates" in findings[0].text


@pytest.mark.parametrize("factor, words", [(5.0, "far larger"), (0.15, "far smaller")])
def test_a_codebook_of_the_wrong_size_that_chose_the_tokens(factor, words):
    codes = (well() - 2) * factor + 2
    finding = titled(said(table(codes)), words)
    assert finding.level == "bad" and finding.figure == "geometry" and "section 5" in finding.source
    ratio = np.median(np.linalg.norm(codes - 2, axis=1)) / np.median(np.linalg.norm(cloud() - 2, axis=1))
    assert f"{ratio:.2g} times as far" in finding.text
    assert not any(words in f.title for f in said(table(codes, "dot"))), "that metric does not compare sizes"


def test_a_codebook_scaled_after_the_tokens_were_chosen():
    codes = well()
    findings = said(table(4 * codes), codes=assign(table(codes), cloud()))
    finding = titled(findings, "The codebook is scaled")
    assert finding.level == "bad" and "Multiplied by 0.25" in finding.text and "for over 99%" in finding.text


def test_a_codebook_of_another_checkpoint():
    codes = well()
    mixed = np.random.default_rng(5).permutation(CODES)
    findings = said(table(codes[mixed]), codes=assign(table(codes), cloud()))
    assert titled(findings, "do not belong together").level == "bad"


def test_tokens_of_another_metric():
    rng = np.random.default_rng(2)
    latents = rng.normal(size=(TOKENS, DIM)).astype(np.float32)
    codes = latents[:CODES] * rng.uniform(0.3, 3, (CODES, 1))
    by_angle = assign(table(codes, "cosine"), latents)
    finding = titled(said(table(codes, "euclidean"), latents, by_angle), "metric")
    assert finding.title == "Tokens follow the cosine metric, not the euclidean one" and finding.level == "bad"
    assert not any("metric" in f.title for f in said(table(codes, "cosine"), latents, by_angle))
    other = said(table(codes, "cosine"), latents, assign(table(codes, "euclidean"), latents))
    assert titled(other, "metric").title == "Tokens follow the euclidean metric, not the cosine one"


@pytest.mark.parametrize("share, level", [(1.0, "bad"), (0.2, "warning")])
def test_duplicated_codes(share, level):
    codes = well(codes=CODES // 2)
    twins = codes[: int(share * len(codes))] + 1e-3
    codebook = table(np.concatenate([codes, twins]))
    finding = titled(said(codebook), "near-duplicate codes")
    assert finding.level == level and finding.figure == "geometry" and "OptVQ/issues/9" in finding.source
    alike = 2 * len(twins)
    assert finding.title.startswith(f"{alike} ") and f"{alike} of {len(codebook.vectors)} codes in use" in finding.text


def test_half_of_the_codes_dead_far_from_the_latents():
    codes = well()
    findings = said(table(np.concatenate([codes, codes + 40])))
    assert titled(findings, "64 of 128 codes are dead").level == "bad"
    assert titled(findings, "where no latent comes").sure == "likely"


def test_half_of_the_codes_dead_among_the_latents():
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(CODES, DIM))
    latents = np.repeat(centres, 100, axis=0) + rng.uniform(-0.1, 0.1, (100 * CODES, DIM))
    beside = centres + 0.25 * np.eye(DIM)[0]  # the middle is 0.125 away, farther than any latent
    findings = said(table(np.concatenate([centres, beside])), latents)
    assert titled(findings, "64 of 128 codes are dead").level == "bad"
    assert titled(findings, "among the latents").level == "note"


def test_what_the_counts_of_training_add():
    codes = np.concatenate([well(), well() + 40])
    alive, dead = np.ones(128), np.repeat([1.0, 0.0], 64)
    assert "64 of them were dead at the end of training" in titled(said(table(codes, counts=dead)), "are dead").text
    assert "may be of another kind" in titled(said(table(codes, counts=alive)), "are dead").text


@pytest.mark.parametrize("share, level", [(0.6, "bad"), (0.3, "warning")])
def test_one_giant_code(share, level):
    counts = np.full(100, 50)
    counts[7] = round(share / (1 - share) * 50 * 99)
    finding = titled(diagnose(audit_of(counted(counts)), [None]), "Code 7 takes")
    assert finding.level == level and finding.figure == "code" and f"{share:.0%} of all tokens" in finding.title


def test_everything_one_code():
    counts = np.zeros(100, int)
    counts[7] = 5000
    findings = diagnose(audit_of(counted(counts)), [None])
    assert titled(findings, "Every token is code 7").level == "bad"
    assert titled(findings, "99 of 100 codes are dead").level == "bad"


def test_too_few_tokens_call_nothing_dead():
    counts = np.zeros(1000, int)
    counts[:300] = 2
    findings = diagnose(audit_of(counted(counts)), [None])
    assert not any("dead" in finding.title for finding in findings)
    few = titled(findings, "Too few tokens")
    assert few.level == "warning" and "700 are not yet seen" in few.text and "10,000" in few.advice
    chance = np.random.default_rng(0).multinomial(2000, np.full(1000, 1e-3))
    findings = diagnose(audit_of(counted(chance)), [None])
    assert alarms(findings) == [], "all codes alike, two tokens each: the missing ones are missing by chance"
    assert "about 135 of 1,000" in titled(findings, "Too few tokens").text and findings[0].sure == "likely"


def test_uneven_use_without_a_giant():
    counts = np.full(400, 4)
    counts[:12] = 4000
    finding = titled(diagnose(audit_of(counted(counts)), [None]), "very uneven")
    assert "7 of 400 codes in use hold half" in finding.text and "esm/issues/85" in finding.source
    assert finding.level == "warning"
    halves = np.stack([counts, np.where(counts > 4, 4, counts)])  # one half alone is uneven
    finding = titled(diagnose(audit_of(counted(halves.sum(0), halves)), [None]), "very uneven")
    assert finding.level == "note" and finding.sure == "possible" and "do not agree" in finding.text


def test_bits_that_are_stuck_or_tied():
    rng = np.random.default_rng(3)
    latents = rng.normal(size=(4000, 6))
    assert alarms(said(signs(6), latents)) == []
    latents[:, 2] = -np.abs(latents[:, 2])
    latents[:, 5] = latents[:, 1] * 2
    finding = titled(said(signs(6), latents), "Bits without use")
    assert "bit 3 is 1 in 0.0%" in finding.text and "bits 2 and 6 correlate by 1.00" in finding.text
    assert "2.0 of 6 bits carry nothing" in finding.text


def test_an_axis_of_a_lattice_that_never_moves():
    latents = np.random.default_rng(4).uniform(-1.2, 1.2, (4000, 3))
    assert alarms(said(lattice(5, 5, 3), latents)) == []
    latents[:, 1] *= 0.1
    findings = said(lattice(5, 5, 3), latents)
    assert "Axis 2 has value 2 in 100% of tokens" in titled(findings, "Axes of the lattice").text
    assert titled(findings, "codes are dead").advice.startswith("Fewer levels")


def test_codes_that_miss_their_latents():
    latents = cloud()
    codes = well()[:2] + 30
    finding = titled(said(table(codes), latents), "miss their latents")
    assert finding.level == "bad"


def test_notes_on_flat_latents_growth_halves_and_parts():
    latents = cloud() * np.array([1, 0.5, *[0.01] * 6], np.float32)
    codebook = table(latents[:CODES].astype(np.float64))
    assert titled(said(codebook, latents), "few dimensions").level == "note"
    chance = 1 / np.arange(1, 501) ** 1.3
    growing = np.random.default_rng(6).multinomial(1500, chance / chance.sum())
    assert titled(diagnose(audit_of(counted(growing)), [None]), "still grows").figure == "growth"
    steep, even = np.repeat([200, 1], [10, 90]), np.full(100, 40)
    halves = np.stack([steep, even])
    assert titled(diagnose(audit_of(counted(halves.sum(0), halves)), [None]), "Not stable yet").figure == "halves"
    partial = said(table(well()), planned=500)
    assert "24 of 500 media were counted" in titled(partial, "A partial audit").text
    skipped = said(table(well()), planned=25, skipped=(("broken.png", "not a picture"),))
    assert "broken.png (not a picture)" in titled(skipped, "were skipped").text
    assert alarms(partial) == alarms(skipped) == []


def test_a_batch_of_one_kind_shows_less_than_the_whole():
    latents = cloud()
    together = latents[np.argsort(assign(table(well()), latents))]  # each medium now holds latents that are alike
    assert not any("One batch" in finding.title for finding in said(table(well())))
    finding = titled(said(table(well()), together), "One batch looks worse")
    level = level_of(table(well()), together)
    assert f"perplexity {np.median(level.batches[:, 2]):.0f}. All together: 6,000 tokens" in finding.text
    assert finding.level == "note" and finding.figure == "batches"


def test_levels_are_told_apart_and_the_healthy_ones_named():
    codes = well()
    good, bad = table(codes), table(np.concatenate([codes, codes + 40]))
    levels = level_of(good, cloud(), name="level 1"), level_of(bad, cloud(), name="level 2")
    findings = diagnose(audit_of(*levels), [good, bad])
    assert titled(findings, "64 of 128 codes are dead on level 2").codebook_level == 1
    healthy = titled(findings, "Healthy")
    assert healthy.title == "Healthy: level 1" and healthy.codebook_level == 0
    ranks = [("bad", "warning", "good", "note").index(finding.level) for finding in findings]
    assert ranks == sorted(ranks)


def test_a_share_is_never_called_all_or_none_when_it_is_not():
    assert [percent(share) for share in (0, 0.001, 0.126, 0.998, 1)] == ["0%", "under 1%", "13%", "over 99%", "100%"]


def test_every_finding_names_a_source_a_figure_and_what_to_try():
    found = [finding for spec in list_tokenizers() for finding in zoo(spec.id)]
    found += said(table(np.concatenate([well(), well() + 40]))) + said(table(5 * well()))
    figures = {"heatmap", "map", "geometry", "growth", "batches", "halves", "code"}
    fields = {"level", "title", "text", "sure", "try", "figure", "source", "codebook_level"}
    for finding in found:
        assert "https://" in finding.source or "Survey" in finding.source, finding.title
        assert finding.figure in figures and finding.advice and finding.text.endswith((".", ")"))
        assert set(finding.as_json()) == fields and finding.as_json()["try"] == finding.advice
