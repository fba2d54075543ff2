"""Comparisons of series, of tables of items and of graphs: errors in units, ids held against each other, anchors."""

import csv
import json
from itertools import combinations, permutations
from math import log2

import networkx
import numpy as np
import pytest

from explorer.cli.compare import summary
from explorer.compare.details import details_against
from explorer.compare.media import open_media
from explorer.compare.run import Options, check_tokenizers, compare_medium, run_comparison
from explorer.compare.writing import Writer
from explorer.figures.reports.comparison import html_report
from explorer.foundation.errors import MediaError, RecordError, SettingsError
from explorer.joints.columns import in_units
from explorer.joints.measures.items.between import agree
from explorer.joints.measures.items.nearest import nearest_items
from explorer.joints.measures.semantic_ids import semantic_ids
from explorer.joints.measures.tuples import graph_tokens
from explorer.media.graphs.graph import load_graph
from explorer.media.medium import fit_medium
from explorer.media.rows.series import load_series
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer

QUICK = Options(repeats=0)
SERIES, ITEMS, GRAPHS = ("series-vq", "series-rvq", "fast-actions"), ("items-rq", "items-rq-3"), ("gart", "gart-random")


def loaded(names):
    return [load_tokenizer(name) for name in names]


def compared(sample, names):
    return compare_medium(sample, SAMPLES[sample].load(), loaded(names), QUICK)


def test_errors_of_a_series_are_in_the_units_of_its_columns():
    """walk has 120 rows, of which FAST needs 150: the 30 that it repeats are not judged."""
    found, series = compared("walk", SERIES), SAMPLES["walk"].load()
    assert found.medium.failures == () and found.medium.words == "120 rows of 11 columns at 30 rows a second"
    for name in SERIES:
        tokenizer = load_tokenizer(name)
        fitted = fit_medium(series, tokenizer.spec, 256)
        record = tokenizer.tokenize(fitted.values.astype(np.float32))
        error = in_units(record.reconstruction, fitted.columns)[:120] - series.values
        cell = found.medium.cell(name)
        np.testing.assert_allclose(cell.fidelity.rmse, np.sqrt((error**2).mean(0)), rtol=1e-5)
        np.testing.assert_allclose(cell.fidelity.largest, np.abs(error).max(0), rtol=1e-5)
        half = (np.quantile(series.values, 0.99, axis=0) - np.quantile(series.values, 0.01, axis=0)) / 2
        assert cell.fidelity.rmse_percent == pytest.approx(100 * np.sqrt(((error / half) ** 2).mean()), rel=1e-6)
        rows = len(fitted.values)
        assert cell.rate(cell.bits_uniform, found.medium) == pytest.approx(record.bits_uniform / rows)
        if name == "fast-actions":
            pieces = tokenizer.pieces(record.levels[0])
            assert rows == 150 and cell.bits_merged == pytest.approx(len(pieces.ids) * log2(pieces.vocabulary))
    assert [one.levels for one in found.medium.cell("series-rvq").levels] == [1, 2, 3, 4]
    assert "FAST, robot actions: The last row is repeated 30 times" in " ".join(found.medium.notes)
    (detail,) = found.medium.details
    assert detail.rows[0] == ("left hip", "deg") and detail.best("left hip") == ("series-rvq",)


def test_the_worst_stretch_of_a_series_is_where_its_error_is():
    found = compared("reach", SERIES[:2])
    squares = np.square((found.decoded["series-vq"] - found.prepared.reference) / found.prepared._half_ranges).mean(1)
    length = round(len(squares) / 12)
    start = max(range(len(squares) - length + 1), key=lambda at: squares[at : at + length].sum())
    _, left, _, wide = found.medium.cell("series-vq").worst.box
    assert left == pytest.approx(start * 960 / len(squares), abs=1) and wide == pytest.approx(80, abs=3)


def by_hand(a, b):
    """`agree` by brute force over all ways to match codes, and over all pairs."""
    names = [sorted(set(one)) for one in (a[:, 0].tolist(), b[:, 0].tolist())]
    few, many = (names, (a, b)) if len(names[0]) <= len(names[1]) else (names[::-1], (b, a))
    stay = 0
    for chosen in permutations(few[1], len(few[0])):
        match = dict(zip(few[0], chosen, strict=True))
        stay = max(
            stay, sum(match[x] == y for x, y in zip(many[0][:, 0].tolist(), many[1][:, 0].tolist(), strict=True))
        )
    kept = []
    for length in range(1, 1 + min(a.shape[1], b.shape[1])):
        pairs = [(i, j) for i, j in combinations(range(len(a)), 2) if (a[i, :length] == a[j, :length]).all()]
        both = sum((b[i, :length] == b[j, :length]).all() for i, j in pairs)
        kept.append(both / len(pairs) if pairs else None)
    return 1 - stay / len(a), tuple(kept)


@pytest.mark.parametrize("seed", range(6))
def test_ids_of_two_tokenizers_are_held_against_each_other(seed):
    chance = np.random.default_rng(seed)
    a, b = chance.integers(0, 4, (14, 3)), chance.integers(0, 5 + seed % 2, (14, 2))
    found = agree(a, b)
    reassigned, kept = by_hand(a, b)
    assert found.reassigned == pytest.approx(reassigned) and found.pairs == pytest.approx(kept)
    renamed = (a + 7) % 11  # other names of the same groups: nothing is assigned anew
    assert agree(a, renamed).reassigned == 0 and set(agree(a, renamed).pairs) <= {1.0, None}
    with pytest.raises(RecordError, match="as many"):
        agree(a, b[:5])


def test_items_are_measured_and_their_tables_are_of_each_baseline():
    found = compared("books", ITEMS)
    ids = {name: semantic_ids(found.records[name]) for name in ITEMS}
    for name in ITEMS:
        rows, cell = [tuple(row) for row in ids[name].tolist()], found.medium.cell(name)
        alone = sum(rows.count(row) == 1 for row in rows)
        assert cell.fidelity.sharing_percent == pytest.approx(100 * (1 - alone / 240))
        assert cell.fidelity.distinct == len(set(rows))
        size = load_tokenizer(name).spec.codebook_size
        assert cell.fidelity.coverage_percent == pytest.approx(100 * len({row[0] for row in rows}) / min(size, 240))
        record = found.records[name]
        left = np.square(record.reconstruction - record.media).sum()
        kept = 100 * (1 - left / np.square(record.media - record.media.mean(0)).sum())
        assert cell.fidelity.explained_percent == pytest.approx(kept, rel=1e-4)
        assert cell.fidelity.category is not None
        assert len(cell.levels) == ids[name].shape[1], "a curve over the levels"
    titles = [one.key for one in details_against(found.medium.details, "items-rq-3")]
    assert titles == ["coverage", "against_items-rq-3"]
    entry = details_against(found.medium.details, "items-rq-3")[1].entry("Items with another first code", "items-rq")
    assert entry.values["share_percent"] == pytest.approx(100 * agree(ids["items-rq-3"], ids["items-rq"]).reassigned)


def test_the_nearest_items_are_those_of_all_distances():
    vectors = np.random.default_rng(0).normal(size=(300, 5))
    found = nearest_items(vectors, 7)
    far = np.square(vectors[:, None] - vectors[None]).sum(-1)
    np.fill_diagonal(far, np.inf)
    np.testing.assert_array_equal(np.sort(found, 1), np.sort(np.argsort(far, 1)[:, :7], 1))
    with pytest.raises(RecordError, match="no 300 nearest"):
        nearest_items(vectors, 300)


def test_anchors_of_graphs_are_compared_without_a_decoder():
    found = compared("world", GRAPHS)
    assert found.medium.words == "107 nodes and 181 edges"
    graph = networkx.Graph()
    edges = SAMPLES["world"].load().edges
    graph.add_edges_from(edges[edges[:, 0] != edges[:, 2]][:, [0, 2]].tolist())
    for name in GRAPHS:
        tokens, cell = graph_tokens(found.records[name]), found.medium.cell(name)
        nearest = networkx.multi_source_dijkstra_path_length(graph, set(tokens.anchor_nodes.tolist()))
        beside = sum(far <= 1 for far in nearest.values())
        assert cell.fidelity.beside_percent == pytest.approx(100 * beside / 107)
        reach = next(one for one in found.medium.details if one.key == "reach")
        within = sum(far <= 2 for far in nearest.values())
        assert reach.entry("2 edges", name).values == pytest.approx(
            {"share_percent": 100 * within / 107, "nodes": within}
        )
    assert not found.medium.cell("gart").levels and found.played is None
    check_tokenizers([one.spec for one in loaded(GRAPHS)])
    with pytest.raises(SettingsError, match="different kinds cannot be compared"):
        check_tokenizers([one.spec for one in loaded(["gart", "items-rq"])])


@pytest.mark.parametrize(
    ("names", "sample", "key"),
    [(SERIES, "walk", "bpr_sent"), (ITEMS, "books", "bpi_uniform"), (GRAPHS, "karate", "bpn_uniform")],
)
def test_their_files_and_their_summary(names, sample, key, tmp_path):
    tokenizers = loaded(names)
    media, writer = (
        open_media([f"sample:{sample}"], modality=tokenizers[0].spec.modality),
        Writer(tmp_path, html_report),
    )
    comparison = run_comparison(media, tokenizers, QUICK, writer.add)
    written = [path.name for path in writer.finish(comparison)]
    assert "details.csv" in written and "codecs.csv" not in written and not (tmp_path / "errors").exists()
    table = list(csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8")))
    assert [row["tokenizer"] for row in table] == [*names, *names] and float(table[0][key]) > 0
    details = list(csv.DictReader((tmp_path / "details.csv").open(encoding="utf-8")))
    first = comparison.media[0].details[0]
    entry = first.entries[0]
    row = next(one for one in details if one["table"] == first.key and one["measure"] == first.measures[0])
    assert (row["row"], row["tokenizer"]) == (entry.row, entry.tokenizer_id)
    assert float(row["value"]) == pytest.approx(entry.values[first.measures[0]], rel=1e-6)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert first.title in html and entry.text.replace("<", "&lt;") in html
    assert ("no graph is decoded" in html) == (key == "bpn_uniform")
    content = json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))
    assert (
        content["media"][0]["details"][0]["rows"][0]["cells"][names[0]] == first.entry(first.rows[0][0], names[0]).text
    )
    said = "\n".join(summary(comparison))
    assert first.title in said and entry.text in said


def test_a_set_of_series_and_graphs_of_a_file(tmp_path):
    (tmp_path / "own.csv").write_text(
        "time [s],a [V]\n" + "\n".join(f"{i / 10},{np.sin(i / 3):.4f}" for i in range(80))
    )
    media = open_media(["sample:walk", str(tmp_path / "own.csv")], modality="series")
    comparison = run_comparison(media, loaded(SERIES), QUICK)
    assert not comparison.skipped and len(comparison.shared) == 2
    assert load_series(tmp_path / "own.csv").columns[0].unit == "V"
    assert comparison.media[1].details[0].rows == (("a", "V"),)
    (tmp_path / "bad.tsv").write_text("a\ta\nb\tb\n")
    (tmp_path / "own.tsv").write_text("a\tb\nb\tc\n")
    media = open_media([str(tmp_path / "bad.tsv"), str(tmp_path / "own.tsv")], modality="graph")
    comparison = run_comparison(media, loaded(GRAPHS), QUICK)
    assert len(comparison.media) == 1 and "No edge joins two nodes" in comparison.skipped[0][1]
    with pytest.raises(MediaError, match="one of the graphs"):
        open_media(["sample:karate"], modality="series")
    assert load_graph(tmp_path / "own.tsv").names.nodes == ("a", "b", "c")
