"""A graph in the browser: a node with its anchors and who shares its tuple, an own edge list, files, a bad one."""

import csv
import io
import re

import pytest

from explorer.joints.measures.tuples import graph_tokens, hash_nodes, telling_node
from explorer.media.medium import load_medium, tokenized
from explorer.media.samples import SAMPLES
from explorer.pages.inspect.graph import ways
from explorer.pages.inspect.requests import Ways
from explorer.tokenizers import load_tokenizer

pytestmark = pytest.mark.browser

VIEW, PLAYER = "#inspect-view .dte-inspect", "#player .dte-player"


def record_of(picture):
    return tokenized(SAMPLES[picture].load(), load_tokenizer("gart"), 256)


def open_at(page, url, query):
    page.goto(f"{url}?{query}")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")


def wait_for_text(page, selector, text):
    page.wait_for_function("([s, t]) => document.querySelector(s)?.textContent.includes(t)", arg=[selector, text])


def saved(page, name):
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return download.value.path().read_bytes()


def test_a_node_is_chosen_in_table_picture_and_grid(page, app_url):
    open_at(page, app_url, "tokenizer=gart&picture=world")
    record = record_of("world")
    tokens, names = graph_tokens(record), record.names.nodes
    assert page.locator(f"{VIEW} [data-panel='picture']").is_hidden()
    assert page.locator(f"{VIEW} [data-panel='map']").is_hidden()
    page.fill(f"{PLAYER} .dte-graph-find", "mercury")
    page.locator(f"{PLAYER} .dte-graph-table tbody tr").click()
    node = names.index("Mercury")
    page.wait_for_function(f"/token={node}(&|$)/.test(location.search)")
    found = ways(record, Ways(turn=0, position=node))
    assert page.inner_text(f"{PLAYER} [data-part='readout']").startswith("Point at a node"), "no other one is lit"
    over = names[found["ways"][1][1]]
    wait_for_text(page, f"{PLAYER} .dte-graph-node", f"2 edges over {over}")
    said = page.inner_text(f"{PLAYER} .dte-graph-node")
    for place in tokens.anchors[node]:
        assert names[tokens.anchor_nodes[place]] in said
    others = [names[one] for one in hash_nodes(tokens).with_(node)]
    assert f"{len(others)} other nodes have this tuple" in said and all(name in said for name in others)
    wait_for_text(page, "#code-card", f"{names[tokens.anchor_nodes[tokens.anchors[node, 0]]]}, number")
    page.fill(f"{PLAYER} .dte-graph-find", "")
    page.locator(f"{PLAYER} .dte-graph-table tbody tr[data-node='{node}']").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    wait_for_text(page, f"{PLAYER} .dte-graph-name", names[node - 1])
    page.locator(f"{PLAYER} .dte-graph-table tbody tr[data-node='{node}']").hover()
    wait_for_text(page, f"{PLAYER} [data-part='readout']", "Mercury: ")
    page.locator(f"{PLAYER} .dte-graph-table tbody tr[data-node='{node}']").click()
    page.focus(f"{PLAYER} .dte-graph-stage")
    page.keyboard.press("ArrowRight")
    wait_for_text(page, f"{PLAYER} .dte-graph-name", names[node + 1])
    page.keyboard.press("Escape")
    wait_for_text(page, f"{PLAYER} .dte-graph-node", "Choose a node")


def test_a_place_of_the_tuple_is_chosen_and_the_graph_takes_its_colours(page, app_url):
    open_at(page, app_url, "tokenizer=gart&picture=karate")
    page.locator(f"{VIEW} .dte-levels").get_by_text("1st distance", exact=True).click()
    wait_for_text(page, f"{VIEW} [data-panel='tokens']", "K = 10")
    wait_for_text(page, "#reconstruction", "Nodes that share their tuple")
    figures = page.inner_text("#reconstruction")
    tokens = graph_tokens(record_of("karate"))
    assert f"{100 * hash_nodes(tokens).sharing / 34:.1f}" in figures and "no decoder" in figures
    page.locator(f"{PLAYER} .dte-graph-figures").scroll_into_view_if_needed()
    page.wait_for_selector(f"{PLAYER} .dte-graph-figures .js-plotly-plot .barlayer")
    box = page.locator(f"{PLAYER} .dte-graph-stage").bounding_box()
    assert box["width"] > 300
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 420")


def test_an_own_edge_list_is_tokenized_saved_and_a_bad_one_said(page, app_url, tmp_path):
    page.goto(app_url)
    page.wait_for_function(f"!document.querySelector('{VIEW} .dte-body')?.hidden")
    page.get_by_text("Your own file").click()
    lines = [f"n{i}\t{'likes' if i % 3 else 'knows'}\tn{(7 * i + 3) % 40}" for i in range(40)]
    (tmp_path / "own.tsv").write_text("\n".join([*lines, "<b>x</b>\tknows\tn0", "n5\tlikes\tn5"]))
    page.set_input_files("#upload-file input[type=file]", tmp_path / "own.tsv")
    wait_for_text(page, "#sample-strip", "This file is a graph")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")
    wait_for_text(page, "#reconstruction", "begins and ends at one node, and is left out")
    record = tokenized(load_medium(tmp_path / "own.tsv"), load_tokenizer("gart"), 256)
    rows = list(csv.reader(io.StringIO(saved(page, "Save the tuples of all nodes as CSV").decode())))
    assert len(rows) == 1 + len(record.names.nodes) and rows[-1][1] == "<b>x</b>"
    tokens = graph_tokens(record)
    for node, row in enumerate(rows[1:]):
        codes = [int(cell) if cell else -1 for cell in row[2:14]]
        assert codes == [*tokens.anchors[node], *tokens.distances[node], *tokens.relations[node]]
    assert saved(page, "Save the graph as PNG").startswith(b"\x89PNG")
    page.fill(f"{PLAYER} .dte-graph-find", "<b>")
    page.locator(f"{PLAYER} .dte-graph-table tbody tr").click()
    wait_for_text(page, f"{PLAYER} .dte-graph-name", "<b>x</b>")
    (tmp_path / "bad.tsv").write_text("a\tknows\tb\nb\tlikes\nc\tknows\ta\nd\tknows\ta\n")
    page.set_input_files("#upload-file input[type=file]", tmp_path / "bad.tsv")
    wait_for_text(page, "#sample-strip", "Line 2 has 2 columns where line 1 has 3")
    wait_for_text(page, f"{PLAYER} .dte-graph-name", "<b>x</b>")
    page.click("#tokenizer input")
    page.get_by_role("option", name=re.compile("^VQ, EMA \\+ reseeding$")).click()
    page.wait_for_function("document.querySelector('#player').style.display === 'none'")


def test_the_codebook_page_says_why_a_graph_has_no_codebook(page, app_url):
    page.goto(f"{app_url}codebook?tokenizer=gart" if app_url.endswith("/") else f"{app_url}/codebook?tokenizer=gart")
    page.wait_for_function("document.body.textContent.includes('every graph has anchors of its own')")


def test_it_opens_with_a_node_and_tries_other_anchors(page, app_url):
    open_at(page, app_url, "tokenizer=gart&picture=world")
    record = record_of("world")
    tokens, names = graph_tokens(record), record.names.nodes
    node = telling_node(tokens)
    wait_for_text(page, f"{PLAYER} .dte-graph-name", names[node])
    wait_for_text(page, f"{PLAYER} .dte-graph-node", names[tokens.anchor_nodes[tokens.anchors[node, 0]]])
    assert "token=" not in page.evaluate("location.search"), "nobody chose it"
    page.set_viewport_size({"width": 1440, "height": 900})
    said = page.locator("#inspect-view .dte-status-text")
    assert "rank" in said.inner_text() and said.evaluate("(text) => text.scrollHeight <= text.clientHeight"), "whole"
    page.locator(f"{PLAYER} .dte-graph-walk summary").click()
    page.get_by_role("button", name="Begin at the chosen node").click()
    wait_for_text(page, f"{PLAYER} .dte-graph-walk", f"begins again at {names[node]}")
    page.get_by_label("Damping", exact=True).fill("0.3")
    wait_for_text(page, f"{PLAYER} .dte-graph-walk", "walks on with chance 0.3")
    page.get_by_role("button", name="Back to the tokenizer's own").click()
    wait_for_text(page, f"{PLAYER} .dte-graph-walk", "Nodes that a walk comes by")
