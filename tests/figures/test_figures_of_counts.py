"""Figures of an audit: what they draw against the counts themselves, without the code that drew them."""

from dataclasses import replace

import numpy as np
import pytest
from made_audits import audit_of, counted

from explorer import figures
from explorer.analysis.codes.growth import carry_on
from explorer.foundation.errors import RecordError, SettingsError


def trace(figure, name):
    (found,) = [one for one in figure.data if one.name == name]
    return found


def test_every_code_has_its_bar_and_the_unused_are_seen(learned):
    audit, _ = learned
    counts = audit.levels[0].counts
    figure = figures.usage(audit)
    bars, unused = trace(figure, "tokens"), trace(figure, "unused codes")
    assert np.array_equal(bars.y, counts) and np.array_equal(bars.x, np.arange(500))
    assert np.array_equal(bars.customdata, np.arange(500)) and np.array_equal(unused.y, counts == 0)
    assert unused.yaxis == "y2" and figure.layout.xaxis.range == (-0.5, 499.5)
    assert f"of {counts.sum():,} tokens" in bars.hovertemplate
    assert f"{(counts > 0).sum():,} of 500 codes have a token" in figure.layout.meta["words"]
    assert "at most 500 could, min(K, N)" in figure.layout.meta["words"]


def test_without_unused_codes_there_is_no_strip_of_them():
    figure = figures.usage(audit_of(counted(np.arange(1, 9))))
    assert [one.name for one in figure.data] == ["tokens"] and "yaxis2" not in figure.layout


def test_a_large_codebook_shares_bars_and_stays_light():
    counts = np.zeros(16_384, np.int64)
    counts[::3] = np.arange(len(counts[::3])) % 7 + 1
    figure = figures.usage(audit_of(counted(counts)))
    bars = trace(figure, "tokens")
    assert len(bars.x) == 1024 and bars.y.sum() == counts.sum() and len(figure.to_json()) < 400_000
    assert list(bars.customdata[5]) == list(range(80, 96)) and bars.y[5] == counts[80:96].sum()
    assert bars.hovertext[5] == (
        f"codes 80 to 95<br>{counts[80:96].sum()} of {counts.sum():,} tokens<br>"
        f"{(counts[80:96] > 0).sum()} of 16 codes used"
    )
    assert np.array_equal(trace(figure, "unused codes").y, (counts == 0).reshape(-1, 16).sum(1))
    assert figure.layout.meta["pick"] == "codes" and "sum of 16 codes" in figure.layout.meta["words"]
    huge = figures.usage(audit_of(counted(np.ones(2**18, np.int64))))
    assert list(trace(huge, "tokens").customdata[1]) == [256, 511] and len(huge.to_json()) < 400_000


def test_ranks_fall_from_the_most_used_code(learned):
    audit, _ = learned
    counts = audit.levels[0].counts
    figure = figures.rank_frequency(audit)
    line = trace(figure, "codes in use")
    ordered = np.sort(counts)[::-1]
    assert np.array_equal(line.y, ordered[np.asarray(line.x) - 1]) and np.array_equal(counts[line.customdata], line.y)
    assert line.x[0] == 1 and line.x[-1] == (counts > 0).sum() and len(line.x) <= 400
    assert (
        figure.data[1].y == (counts.sum() / 500,) * 2 and figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    )
    (shaded,) = figure.layout.shapes
    assert (
        shaded.x0 == (counts > 0).sum() + 0.5
        and f"{(counts == 0).sum():,} codes without" in figure.layout.meta["words"]
    )


def test_growth_has_the_counted_the_ceiling_and_the_estimate(learned):
    level = learned[0].levels[0]
    figure = figures.growth(learned[0], log=True)
    line, ceiling, ahead = (trace(figure, name) for name in ("counted", "ceiling min(K, N)", "estimated"))
    assert np.array_equal(np.column_stack([line.x, line.y]), level.growth)
    assert np.allclose(ceiling.y, np.minimum(ceiling.x, 500)) and ceiling.line.dash == "dash"
    media = (np.asarray(ahead.x) - level.tokens) * level.media / level.tokens
    assert np.allclose(ahead.y, carry_on(level.occurs, media, level.media)) and ahead.line.dash == "dot"
    assert ahead.x[-1] == 2 * level.tokens and f"of {level.tokens:,} tokens" in line.hovertemplate
    assert figures.growth(learned[0], log=False).layout.xaxis.type == "linear"
    assert [one.name for one in figures.growth(audit_of(counted(np.full(4, 900)))).data] == [
        "counted",
        "ceiling min(K, N)",
    ]


def test_halves_are_one_dot_a_code_about_the_band_of_chance(learned):
    level = learned[0].levels[0]
    figure = figures.halves(learned[0])
    even, odd = level.halves.sum(axis=1)
    seen = []
    for one in figure.data[2:]:
        codes = np.asarray(one.customdata)
        seen += codes.tolist()
        assert np.array_equal(one.x, np.maximum(level.halves[0, codes], 0.5))
        assert np.array_equal(one.y, np.maximum(level.halves[1, codes], 0.5))
        assert f"of {even:,} tokens in even media" in one.hovertemplate and f"of {odd:,} in odd" in one.hovertemplate
    assert sorted(seen) == np.flatnonzero(level.counts).tolist()
    band, share = figure.data[0], odd / (even + odd)
    x, y = (np.asarray(part)[:80] for part in (band.x, band.y))  # the lower edge
    inner = (x > 0.5) & (y > 0.5)
    total = x[inner] + y[inner]
    deviation = np.sqrt(total * share * (1 - share))  # of the binomial
    assert np.allclose(y[inner], total * share - 2 * deviation) and inner.sum() > 20


def test_codes_of_one_half_only_say_zero():
    level = counted([4, 3, 0, 5], [[4, 0, 0, 2], [0, 3, 0, 3]])
    figure = figures.halves(audit_of(level, media=("a", "b"), planned=2))
    first, second = trace(figure, "only in even media"), trace(figure, "only in odd media")
    assert list(first.customdata) == [0] and "<br>0 of 6 in odd media" in first.hovertemplate
    assert list(second.customdata) == [1] and "<br>0 of 6 tokens in even media" in second.hovertemplate
    with pytest.raises(RecordError, match="at least two media"):
        figures.halves(audit_of(counted([4, 3], [[4, 3], [0, 0]])))


@pytest.mark.parametrize("measure, column", [("used", 1), ("perplexity", 2)])
def test_each_medium_stands_beside_all(learned, measure, column):
    audit = learned[0]
    level = audit.levels[0]
    figure = figures.single_media(audit, 0, measure)
    own, whole = figure.data[:2]
    assert np.array_equal(own.x, level.batches[:, 0]) and np.array_equal(own.y, level.batches[:, column])
    assert np.array_equal(own.customdata, np.arange(len(audit.media))) and audit.media[3] in own.hovertext[3]
    share = level.counts[level.counts > 0] / level.tokens
    expected = (level.counts > 0).sum() if measure == "used" else np.exp(-(share * np.log(share)).sum())
    assert whole.x == (level.tokens,) and whole.y[0] == pytest.approx(expected)
    assert f"of at most {min(500, level.tokens):,}" in whole.hovertemplate
    thinned = replace(level, batches=level.batches[::2])
    assert figures.single_media(replace(audit, levels=(thinned,))).data[0].customdata is None


def test_places_count_codes_or_the_tokens_of_one(learned):
    audit = learned[0]
    level = audit.levels[0]
    everywhere, one = figures.positions(audit).data[0], figures.positions(audit, 0, 7).data[0]
    assert np.array_equal(everywhere.z, (level.positions > 0).sum(axis=0)) and np.array_equal(one.z, level.positions[7])
    assert everywhere.customdata[2][5].tolist() == [2, 5]
    assert f"of {level.counts[7]:,} tokens of code 7" in one.hovertext[0][0]
    flat = replace(level, positions=level.positions.sum(axis=1, keepdims=True).astype(np.uint32))
    bars = figures.positions(replace(audit, levels=(flat,)), 0, 7).data[0]
    assert bars.type == "bar" and np.array_equal(bars.y, level.positions[7].sum(axis=0))
    with pytest.raises(RecordError, match=r"outside 0\.\.499"):
        figures.positions(audit, 0, 500)
    with pytest.raises(RecordError, match="kept no places"):
        figures.positions(audit, 1)


def test_levels_stand_below_their_ceilings(learned):
    audit = learned[0]
    shares = [level.counts[level.counts > 0] / level.tokens for level in audit.levels]
    entropy = [-(share * np.log2(share)).sum() for share in shares]
    bits = figures.levels(audit)
    assert np.allclose(bits.data[0].y, entropy) and np.allclose(bits.data[1].y, np.log2(500))
    assert list(bits.data[0].x) == ["level 1", "level 2"] and list(bits.data[0].customdata) == [0, 1]
    assert f"{sum(entropy):.3f} a position" in bits.layout.meta["words"]
    assert np.allclose(figures.levels(audit, "perplexity").data[0].y, np.exp2(entropy))
    assert list(figures.levels(audit, "used").data[0].y) == [(level.counts > 0).sum() for level in audit.levels]


def test_what_cannot_be_drawn_is_said(learned):
    empty = audit_of(counted([0, 0]), media=(), planned=3)
    for name in ("usage", "rank_frequency", "growth", "halves", "single_media", "positions", "levels"):
        with pytest.raises(RecordError, match="No tokens were counted in 'made'"):
            figures.draw(name, empty)
    with pytest.raises(RecordError, match=r"level 2 is outside 0\.\.1"):
        figures.usage(learned[0], 2)
    with pytest.raises(SettingsError, match="choose light or dark"):
        figures.usage(learned[0], theme="sepia")
    with pytest.raises(SettingsError, match="choose perplexity or used"):
        figures.single_media(learned[0], 0, "gini")
