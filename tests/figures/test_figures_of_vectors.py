"""Figures of codebooks, comparisons and runs against numpy and scipy, and against the places of the dodged marks."""

import json
from dataclasses import replace

import numpy as np
import pytest
from figure_subjects import made_run
from made_audits import audit_of, lattice, level_of
from scipy.spatial.distance import cdist

from explorer import figures
from explorer.analysis.codebook.geometry import geometry_of
from explorer.compare.rates import rate_curves
from explorer.foundation.errors import RecordError, SettingsError
from explorer.lab.history import Curves


@pytest.fixture(scope="module")
def geometry(learned):
    audit, books = learned
    return geometry_of(audit, 0, books[0])


def in_bins(bar, values):
    """How many of the values lie in each bar, by the bars' own ends."""
    ends = np.append(bar.x - bar.width / 2, bar.x[-1] + bar.width[-1] / 2)
    ends[0], ends[-1] = ends[0] - 1e-9, ends[-1] + 1e-9
    return np.histogram(values, ends)[0]


def test_norms_and_distances_are_counted_in_the_same_bins(geometry, learned):
    vectors, level = learned[1][0].vectors.astype(np.float64), learned[0].levels[0]
    between = cdist(vectors, vectors)
    np.fill_diagonal(between, np.inf)
    away = np.linalg.norm(level.latents.astype(np.float64) - vectors[level.latent_codes], axis=1)
    both = {
        "norms": (np.linalg.norm(vectors, axis=1), np.linalg.norm(level.latents.astype(np.float64), axis=1)),
        "distances": (between.min(axis=1), away),
    }
    for name, (codes, latents) in both.items():
        figure = figures.draw(name, geometry)
        log = "logarithmic" in figure.layout.meta["words"]
        values = [np.log10(part) if log else part for part in (codes, latents)]
        for bar, part in zip(figure.data, values, strict=True):
            assert np.abs(np.asarray(bar.y) - in_bins(bar, part)).sum() <= 2 and sum(bar.y) == len(part)
        listed = [code for codes_of_bar in figure.data[0].customdata for code in codes_of_bar]
        assert sorted(listed) == list(range(500)) and figure.data[1].customdata is None
        assert "of 500 codes" in figure.data[0].hovertext[0] and "of 4,096 residuals" not in figure.data[1].hovertext[0]
        assert f"of {len(latents):,} latents" in figure.data[1].hovertext[0]


def test_singular_values_and_the_effective_dimension(geometry, learned):
    vectors = learned[1][0].vectors.astype(np.float64)
    expected = np.linalg.svd(vectors - vectors.mean(0), compute_uv=False) / np.sqrt(500)
    figure = figures.singular_values(geometry)
    assert np.allclose(figure.data[0].y, expected) and list(figure.data[0].customdata) == [0, 1, 2, 3]
    share = expected**2 / (expected**2).sum()
    assert figure.layout.shapes[0].x0 == pytest.approx(np.exp(-(share * np.log(share)).sum()))
    assert len(figure.data) == 2 and figure.data[1].name == "latents"


def test_cosines_name_their_codes(geometry, learned):
    cells = figures.cosines(geometry).data[0]
    codes = np.array([int(name) for name in cells.x])
    expected = 1 - cdist(learned[1][0].vectors[codes], learned[1][0].vectors[codes], "cosine")
    assert np.allclose(cells.z, expected, atol=1e-6) and list(cells.x) == list(cells.y)
    assert set(codes) <= set(np.flatnonzero(learned[0].levels[0].counts))


def test_bits_of_sign_codes(sign_coded):
    audit, book = sign_coded
    level = audit.levels[0]
    taken = np.repeat(np.arange(64), level.counts)
    digits = (book.rows(taken) > 0).astype(float)
    figure = figures.bits(audit, book)
    assert np.allclose(figure.data[0].y, digits.mean(axis=0)) and list(figure.data[0].customdata) == [0, 1, 2, 3, 4, 5]
    assert f"of {level.tokens:,} tokens" in figure.data[0].hovertext[0]
    assert np.allclose(figures.bit_correlation(audit, book).data[0].z, np.corrcoef(digits.T))
    corners = figures.sphere(audit, book, bits=(5, 0, 1)).data[-1]
    places = np.column_stack([corners.x, corners.y, corners.z])
    assert np.allclose(np.linalg.norm(places, axis=1), 1) and list(corners.customdata) == list(range(8))
    for place, share in zip(places, corners.marker.color, strict=True):
        assert share == pytest.approx((digits[:, [5, 0, 1]] == (place > 0)).all(axis=1).mean())
    with pytest.raises(SettingsError, match="three different bits"):
        figures.sphere(audit, book, bits=(0, 0, 1))


def test_values_of_the_axes_of_fsq():
    book = lattice(3, 5)
    level = level_of(book, np.random.default_rng(0).normal(size=(800, 2)))
    cells = figures.bits(audit_of(level), book).data[0]
    rows = book.rows(np.repeat(np.arange(15), level.counts))
    for axis in (0, 1):
        values, counts = np.unique(rows[:, axis], return_counts=True)
        assert np.allclose(cells.z[: len(values), axis], counts / 800) and np.isnan(cells.z[len(values) :, axis]).all()
    for name in ("bit_correlation", "sphere"):
        with pytest.raises(RecordError, match="not bits"):
            figures.draw(name, audit_of(level), book)


def test_what_needs_a_rule_or_vectors_says_so(learned, sign_coded):
    for name in ("bits", "bit_correlation", "sphere"):
        with pytest.raises(RecordError, match="learned vectors"):
            figures.draw(name, learned[0], learned[1][0])
        with pytest.raises(RecordError, match="plain indices"):
            figures.draw(name, sign_coded[0], None)
    with pytest.raises(RecordError, match="do not belong together"):
        geometry_of(sign_coded[0], 0, learned[1][0])


def test_marks_of_rate_and_distortion_stand_at_their_bits_or_beside(comparison):
    curves = rate_curves(comparison)
    assert [curve.id for curve in curves] == ["a", "r", "c", "jpeg"]
    figure = figures.rate_distortion(comparison)
    marks = [one for one in figure.data if one.customdata is not None]
    tied, across, down = [], figure.layout.xaxis.range, figure.layout.yaxis.range
    places = []
    for mark in marks:
        for x, y, (curve, point) in zip(mark.x, mark.y, mark.customdata, strict=True):
            own = curves[curve].points[point]
            assert y == own.values["psnr_db"] and f"{own.rate:.3f} bits/pixel" in mark.hovertext[list(mark.x).index(x)]
            assert "mean of 2 pictures" in mark.hovertemplate
            if curves[curve].kind != "codec":
                places.append(
                    [
                        (np.log10(x) - across[0]) / (across[1] - across[0]) * 420,
                        (y - down[0]) / (down[1] - down[0]) * 260,
                    ]
                )
            tied += [own.rate] if x != own.rate else []
    apart = cdist(places, places)[np.triu_indices(len(places), 1)]
    assert apart.min() >= 12.5 - 1e-6 and len(tied) == 1, "a and the first level of r have the same bits and quality"
    tie = next(one for one in figure.data if one.mode == "lines" and one.line.dash == "dot")
    assert tied[0] in tie.x and len({mark.marker.symbol for mark in marks[:3]}) == 3
    assert next(one for one in figure.data if one.mode == "lines" and one.name == "JPEG").line.dash == "dash"
    assert figures.rate_distortion(comparison, "ssim").layout.yaxis.title.text == "SSIM"
    with pytest.raises(SettingsError, match="choose psnr_db"):
        figures.rate_distortion(comparison, "fid")


def test_curves_of_a_run_and_of_its_file(run, tmp_path):
    figure = figures.curves(run)
    assert [axis for axis in figure.layout.to_plotly_json() if axis.startswith("yaxis")] == [
        "yaxis",
        "yaxis2",
        "yaxis3",
        "yaxis4",
    ]
    named = {one.name: one for one in figure.data}
    assert np.allclose(named["Reconstruction"].y, 1 / (1 + np.arange(40))) and np.array_equal(
        named["Reconstruction"].x, np.arange(40)
    )
    assert np.allclose(named["Perplexity, level 1"].y, 4 + np.arange(40)) and named["Perplexity, level 2"].yaxis == "y2"
    assert "of 39<br>%{y:.4g} (codes, over one batch)" in named["Perplexity, level 2"].hovertemplate
    table = run.rows()
    meta = {"format": "discrete-tokenizer-explorer run", "curves": run.names}
    path = tmp_path / "run.npz"
    np.savez(path, meta=np.array(json.dumps(meta)), curve_step=table[:, 0].astype(np.int64), curve_values=table[:, 1:])
    for given in (path, str(path), path.read_bytes()):
        again = figures.curves(given, ["dead_1"])
        assert list(again.data[0].y) == [0.5] * 40 and len(again.data) == 1
    with pytest.raises(SettingsError, match="no curve 'x'"):
        figures.curves(run, ["x"])
    with pytest.raises(RecordError, match="holds no run"):
        figures.curves(b"PK nothing")
    with pytest.raises(RecordError, match="no curves"):
        figures.curves(Curves())


def test_an_only_code_has_no_distances(learned):
    book = replace(learned[1][0], codebook_size=1, vectors=learned[1][0].vectors[:1])
    level = level_of(book, np.zeros((5, 4)))
    with pytest.raises(RecordError, match="only one code"):
        figures.distances(geometry_of(audit_of(level), 0, book))
    assert sum(figures.norms(geometry_of(audit_of(level), 0, book)).data[0].y) == 1


def test_codes_that_shrank_to_nothing_share_the_first_bar(learned):
    """A logarithmic axis shows six decades, not the 23 down to codes of a length of 1e-22, and says who is below."""
    vectors = learned[1][0].vectors.copy()
    vectors[:40] *= 1e-22 / np.linalg.norm(vectors[:40], axis=1, keepdims=True)
    book = replace(learned[1][0], vectors=vectors)
    figure = figures.norms(
        geometry_of(audit_of(level_of(book, np.random.default_rng(3).normal(size=(500, 4)))), 0, book)
    )
    bars = figure.data[0]
    assert sum(bars.y) == 500 and bars.y[0] >= 40 and set(range(40)) <= set(bars.customdata[0])
    assert bars.x[-1] - bars.x[0] < 6 and "(40 of them below" in figure.layout.meta["words"]
    assert bars.hovertext[0].startswith("up to ") and len(figure.layout.xaxis.tickvals) <= 8


def test_rates_have_round_ticks(comparison):
    axis = figures.rate_distortion(comparison).layout.xaxis
    assert list(axis.ticktext) == ["0.5", "1"]  # of 0.23 to 1.08 bits a pixel
    assert np.allclose([float(text) for text in axis.ticktext], axis.tickvals) and len(axis.tickvals) >= 2


def test_a_made_run_has_what_the_tests_expect():
    assert made_run().rows().shape == (40, 7)
