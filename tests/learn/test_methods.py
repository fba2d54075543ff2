"""The table of methods: every row can be seen where it says, and is held by a test that is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from explorer.audit.shipped import list_audits
from explorer.experiments import EXPERIMENTS, results_file
from explorer.learn.methods.table import METHODS
from explorer.media.samples import SAMPLES
from explorer.pages.lab.link import linked_run
from explorer.quantizers import QUANTIZERS
from explorer.tokenizers import list_tokenizers

ROOT = Path(__file__).parents[2]
LISTED = ROOT.parent / "shared" / "methods.md"
ROWS = [(f"{group}: {one.name}", one) for group, methods in METHODS.items() for one in methods]


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@cache
def cards() -> set[str]:
    text = (ROOT / "explorer" / "views" / "learn" / "cards" / "registry.js").read_text(encoding="utf-8")
    return set(re.findall(r"^ {2}(\w+): \{$", text, re.MULTILINE))


def is_there(seen) -> bool:
    """Whether a link opens what it names."""
    query = seen.query
    if seen.page == "lab":
        run = linked_run(query)
        return run.said == ""
    if seen.page == "experiments":
        return query["experiment"] in EXPERIMENTS and results_file(query["experiment"]).is_file()
    if seen.page == "learn":
        return query["card"] in cards()
    specs = {spec.id: spec for spec in list_tokenizers()}
    if not specs:
        pytest.skip("checkpoints/ is empty: python -m explorer train NAME fills it")
    if seen.page == "codebook":
        return query["audit"] in list_audits(query["tokenizer"])
    if seen.page == "compare":
        return set(query["tokenizers"].split(",")) <= set(specs) and query["media"].split(":")[1] in SAMPLES
    return SAMPLES[query["picture"]].modality == specs[query["tokenizer"]].modality


@pytest.mark.parametrize(("name", "method"), ROWS, ids=[name for name, _ in ROWS])
def test_a_method_is_seen_where_it_says_and_held_by_a_test(name, method):
    assert method.seen and all(is_there(seen) for seen in method.seen), [s.link for s in method.seen if not is_there(s)]
    file, _, function = method.test.partition("::")
    assert function in functions_of(file) if function else (ROOT / file).is_file()
    assert method.words.endswith(".")


def test_a_lab_link_runs_what_the_row_is_about():
    for name, method in ROWS:
        for seen in method.seen:
            if seen.page == "lab" and method.quantizers:
                assert linked_run(seen.query).settings.quantizer in method.quantizers, name


def test_every_quantizer_has_a_row_and_a_place():
    named = {one for _, method in ROWS for one in method.quantizers}
    assert named == set(QUANTIZERS)
    for name, method in ROWS:
        assert bool(method.codebook) == bool(method.assignment), name
        if method.quantizers and set(method.quantizers) & {"fsq", "lfq", "bsq"}:
            assert method.codebook == "implicit", name


# Names in the project's list of methods (bold or first column) -> how the table calls them.
HERE = {
    "VQ (2.1)": "VQ, Euclidean",
    "k-means tokens (Tables 2, 3)": "k-means tokens",
    "RVQ (2.2)": "RVQ, greedy",
    "PQ (2.3), grouped VQ": "PQ, grouped VQ",
    "AQ / LSQ (2.4)": "AQ, LSQ",
    "multi-head VQ (7.3)": "Multi-head VQ",
    "hierarchical VQ-VAE-2 (7.4)": "VQ-VAE-2, hierarchical",
    "FSQ (2.5, 8.1)": "FSQ",
    "LFQ (2.6, 8.2)": "LFQ",
    "BSQ (2.7, 8.3)": "BSQ",
    "GART (2.8)": "GART, NodePiece",
    "compact 1-D tokens (7.5, TiTok)": "Compact 1-D tokens, TiTok",
    "Gumbel-softmax VQ (dVAE, 2.2.3)": "Gumbel-softmax VQ",
    "soft VQ / soft-to-hard (2.2.2)": "Soft VQ, soft-to-hard",
    "SimVQ (linear reparameterization)": "SimVQ",
    "affine reparameterization (Huh et al.)": "Affine reparameterization",
    "CVQ-VAE online clustering": "CVQ-VAE, online clustering",
    "IBQ": "IBQ",
}


def test_every_listed_quantizer_is_there_in_the_lab_and_the_zoo_where_it_is_asked():
    if not LISTED.is_file():
        pytest.skip("the list of methods is not at hand")
    by_name = {method.name: method for _, method in ROWS}
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    rows = [row for row in rows if len(row) == 5 and row[0] not in ("method", "---")]
    assert {row[0] for row in rows} == set(HERE)
    for name, _, in_lab, in_zoo, _ in rows:
        seen = by_name[HERE[name]].seen
        assert in_lab == "-" or any(one.page == "lab" for one in seen), name
        assert in_zoo == "-" or any(one.page == "" for one in seen), name
