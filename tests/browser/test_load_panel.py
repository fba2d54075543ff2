"""The panel "Bring a tokenizer" in Chromium: a public checkpoint is looked at, loaded, and then on every page.

The file is a small original in its published layout, made here; its indices are committed with the tests of its format.
"""

import json
import pickle
import sys
from pathlib import Path

import pytest
import torch

from explorer.media.pictures.image import fit
from explorer.media.samples import SAMPLES
from tests.conftest import app_with
from tests.near_ties import assert_same_codes

pytestmark = pytest.mark.browser

PANEL = "#load-panel"
TITLE = "vqgan.ckpt (taming VQGAN)"  # of what the tests bring
for folder in ("public", "loading"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))
import convvq_originals as originals  # noqa: E402
from fake_hub import Repository, serving  # noqa: E402

SLOW = """
import time

from explorer.pages.bring import jobs as loading_jobs
from explorer.tokenizers.user.adapter import adapt

load = loading_jobs.load


def slow(plan, device, progress, of):
    for share in range(500 if plan.title.startswith("slow") else 0):
        progress(share / 500, "reading a slow disk")
        time.sleep(0.1)
    return load(plan, device, progress, of)


def tokenizer():
    loading_jobs.load = slow
    return adapt(len, None, codebook=4, downsampling=8, title="Of an adapter")
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A Hub on this machine with one repository; what was asked of it."""
    folder = tmp_path_factory.mktemp("hub")
    weights = originals.save(originals.ENTRIES[0], folder / "model.safetensors").read_bytes()
    repository = Repository({"model.safetensors": weights, "make.py": b"boom"}, {"license": "cc-by-4.0"})
    with serving({"maker/vqgan": repository}) as (address, asked), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", address)
        patch.setenv("HF_HUB_CACHE", str(folder / "cache"))
        yield asked, len(weights)


@pytest.fixture(scope="module")
def app_url(chromium_path, tmp_path_factory, hub):
    """An app of its own, since what is brought stays in the lists; it reads files called slow... slowly."""
    adapter = tmp_path_factory.mktemp("adapter") / "slow_disk.py"
    adapter.write_text(SLOW, encoding="utf-8")
    with app_with("--adapter", str(adapter)) as url:
        yield url


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A taming VQGAN in a Lightning checkpoint, with what training leaves beside the weights."""
    path = tmp_path_factory.mktemp("files") / "vqgan.ckpt"
    torch.save({"state_dict": dict(originals.state("taming")), "epoch": 3, "optimizer_states": [{"lr": 1e-4}]}, path)
    return path


def open_panel(page, app_url, query="bring=1"):
    page.goto(f"{app_url}?{query}")
    page.wait_for_selector(f"{PANEL} details[open] .br-known", state="attached")  # drawn
    page.wait_for_selector("#inspect-view .dte-inspect[data-frames-drawn]")


def choose(page, path):
    page.locator(PANEL).get_by_role("button", name="From a file").click()
    page.locator(f"{PANEL} .br-file").set_input_files(str(path))


def wait_for_state(page, state):
    page.wait_for_selector(f'{PANEL} .dte-root[data-state="{state}"]')


def facts(page):
    pairs = page.locator(f"{PANEL} .br-facts > div").all()
    return {pair.locator("dt").inner_text(): pair.locator("dd").inner_text() for pair in pairs}


def trouble(page):
    place = page.locator(f"{PANEL} .br-trouble")
    place.wait_for()
    return place.inner_text()


@pytest.fixture
def loaded(page, app_url, checkpoint):
    """The page after the checkpoint was brought; its id."""
    open_panel(page, app_url)
    choose(page, checkpoint)
    wait_for_state(page, "planned")
    page.locator(f"{PANEL} .br-load").click()
    page.locator(f"{PANEL} .br-ready").wait_for()
    page.wait_for_function("location.search.includes('tokenizer=file--vqgan')")
    page.wait_for_function(f"document.querySelector('#tokenizer input')?.value === '{TITLE}'")
    return page.evaluate("new URLSearchParams(location.search).get('tokenizer')")


def test_a_plan_is_shown_before_any_weight_is_read(page, app_url, checkpoint):
    open_panel(page, app_url)
    assert "bring=" not in page.evaluate("location.search") or page.wait_for_function(
        "!location.search.includes('bring=')"
    )
    choose(page, checkpoint)
    wait_for_state(page, "planned")
    shown, count = facts(page), sum(tensor.numel() for tensor in originals.state("taming").values())
    assert shown["Format"] == "taming VQGAN" and shown["Parameters"] == f"{count:,}"
    assert (
        shown["Codes"] == "128"
        and shown["Tokens"] == "1 for 16 \N{MULTIPLICATION SIGN} 16 px"
        and shown["Licence"] == "not stated"
    )
    page.locator(PANEL).get_by_role("button", name="Choose another").click()
    assert page.locator(f"{PANEL} .br-plan").is_hidden() and page.locator(f"{PANEL} .br-drop").is_visible()


def test_what_is_loaded_is_chosen_and_then_on_every_page(page, app_url, loaded, tmp_path):
    assert "taming" in page.locator("#tokenizer-facts").inner_text()
    with page.expect_download() as download:
        page.locator("#export-bar").get_by_role("button", name="JSON").first.click()
    tokens = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    # The same file loaded here; that its indices are the original's is tested with its format.
    oracle = originals.load(originals.save(originals.ENTRIES[0], tmp_path / "vqgan.safetensors"))
    picture = fit(SAMPLES["astronaut"].load(), 16, 256).pixels
    assert tokens["tokenizer"] == loaded
    assert_same_codes(tokens["indices"][0], oracle.tokenize(picture).levels[0])
    page.reload()
    page.wait_for_function(f"document.querySelector('#tokenizer input')?.value === '{TITLE}'")
    page.goto(f"{app_url}codebook?tokenizer={loaded}")
    page.wait_for_function("document.body.innerText.includes('vqgan.ckpt')")
    assert page.evaluate("new URLSearchParams(location.search).get('tokenizer')") == loaded
    page.goto(f"{app_url}compare")
    page.click("[data-fold='compare-tokenizers']")
    page.wait_for_selector(f'.cp-chip[data-id="{loaded}"]')


def test_a_repository_of_the_hub_is_planned_fetched_and_shown(page, app_url, hub):
    asked, size = hub
    open_panel(page, app_url)
    name = page.locator(PANEL).get_by_label("Name of a Hub repository")
    name.fill("maker/vqgan")
    name.press("Enter")
    wait_for_state(page, "planned")
    shown = facts(page)
    assert shown["Licence"] == "cc-by-4.0" and shown["Format"] == "taming VQGAN" and len(shown["Revision"]) == 40
    assert page.locator(f"{PANEL} .br-load").inner_text() == f"Fetch {shown['To fetch']} and load"
    assert "make.py" in page.locator(f"{PANEL} .br-notes").inner_text()
    assert sum(one.bytes for one in asked) < size / 10  # headers, not weights
    page.locator(f"{PANEL} .br-load").click()
    page.locator(f"{PANEL} .br-ready").wait_for()
    page.wait_for_function("location.search.includes('tokenizer=hub--maker--vqgan')")
    assert sum(one.bytes for one in asked if "model.safetensors" in one.path) >= size
    assert not any("make.py" in one.path for one in asked)


def test_the_same_file_again_is_there_already(page, app_url, loaded, checkpoint):
    page.locator(PANEL).get_by_role("button", name="Bring another").click()
    choose(page, checkpoint)
    wait_for_state(page, "planned")
    page.locator(PANEL).get_by_role("button", name="Show it").click()
    page.locator(f"{PANEL} .br-ready").wait_for()


def test_what_becomes_of_a_file_is_said_before_it_is_sent(page, app_url):
    open_panel(page, app_url)
    assert "everyone who uses this server" in page.locator(f"{PANEL} .br-becomes:visible").inner_text()
    page.locator(PANEL).get_by_role("button", name="From a file").click()
    said = page.locator(f"{PANEL} .br-becomes:visible").inner_text()
    assert "yours alone" in said and "when you remove it" in said and "within a minute after you close" in said


def test_what_one_visitor_brings_is_nobody_elses_and_is_removed_by_a_button(page, browser, app_url, loaded):
    other = browser.new_context()
    stranger = other.new_page()
    open_panel(stranger, app_url, f"tokenizer={loaded}")
    assert "somebody loaded from a file of their own" in trouble(stranger)
    assert stranger.locator(f"{PANEL} .br-mine").is_hidden()
    stranger.locator("#tokenizer input").click()
    stranger.locator("#tokenizer [role=option]").first.wait_for()
    assert "vqgan.ckpt" not in " ".join(stranger.locator("#tokenizer [role=option]").all_inner_texts())
    stranger.goto(f"{app_url}codebook?tokenizer={loaded}")
    stranger.wait_for_function("document.body.innerText.includes('names a tokenizer that is not here')")
    other.close()

    mine = page.locator(f"{PANEL} .br-mine li")
    assert mine.inner_text().startswith(TITLE)
    mine.get_by_role("button", name="Remove").click()
    page.wait_for_function(f"document.querySelector('{PANEL} .br-trouble').textContent.includes('is removed')")
    page.wait_for_function("!location.search.includes('tokenizer=file--')")
    assert page.locator(f"{PANEL} .br-mine").is_hidden()
    page.reload()
    page.wait_for_selector("#inspect-view .dte-inspect[data-frames-drawn]")
    page.locator("#tokenizer input").click()
    page.locator("#tokenizer [role=option]").first.wait_for()
    assert "vqgan.ckpt" not in " ".join(page.locator("#tokenizer [role=option]").all_inner_texts())


def test_a_hostile_file_is_refused_in_words_and_what_is_shown_stays(page, app_url, tmp_path):
    witness = tmp_path / "witness"

    class Hostile:
        def __reduce__(self):
            return (open, (str(witness), "w"))

    bad = tmp_path / "model.pt"
    bad.write_bytes(pickle.dumps({"state_dict": Hostile()}))
    open_panel(page, app_url)
    before = page.locator("#tokenizer input").input_value()
    choose(page, bad)
    wait_for_state(page, "failed")
    assert "model.pt" in trouble(page) and "refused" in trouble(page)
    assert not witness.exists() and page.locator("#tokenizer input").input_value() == before
    assert page.locator(f"{PANEL} .br-drop").is_visible()  # and another can be chosen


def test_a_file_of_no_known_format_shows_its_codes(page, app_url, tmp_path):
    unknown = tmp_path / "run.pt"
    torch.save({"vq.codebook": torch.randn(64, 4), "vq.cluster_size": torch.arange(64.0)}, unknown)
    open_panel(page, app_url)
    choose(page, unknown)
    wait_for_state(page, "failed")
    page.locator(f"{PANEL} .br-map").scroll_into_view_if_needed()
    page.locator(f"{PANEL} .br-map .main-svg").first.wait_for()
    shown = page.locator(f"{PANEL} .br-table")
    assert shown.count() == 1 and "64 of 64 codes, along the two directions" in shown.inner_text()
    assert page.locator(f"{PANEL} .br-map .scatterlayer .trace").count() == 2  # alive, and dead in training
    assert "audit --indices" in page.locator(f"{PANEL} .br-opened").inner_text()


def test_mistakes_stand_at_their_field(page, app_url):
    open_panel(page, app_url)
    name = page.locator(PANEL).get_by_label("Name of a Hub repository")
    name.fill("not a name")
    name.press("Enter")
    assert "neither a file here nor a Hub repository" in trouble(page)
    assert name.get_attribute("aria-invalid") == "true"
    page.locator(PANEL).get_by_role("button", name="From a file").click()
    path = page.locator(PANEL).get_by_label("Path of a file or folder on this machine")
    path.fill("/nowhere/model.ckpt")
    path.press("Enter")
    page.wait_for_function(f"document.querySelector('{PANEL} .br-trouble').textContent.includes('There is no file')")
    assert path.get_attribute("aria-invalid") == "true" and name.get_attribute("aria-invalid") == "false"


def test_sending_can_be_cancelled(page, app_url, checkpoint):
    open_panel(page, app_url)
    page.route("**/gradio_api/upload*", lambda route: None)  # the network takes for ever
    choose(page, checkpoint)
    wait_for_state(page, "sending")
    page.locator(PANEL).get_by_role("button", name="Cancel").click()
    page.wait_for_function(f"document.querySelector('{PANEL} .dte-root').dataset.state === ''")
    assert page.locator(f"{PANEL} .br-drop").is_visible() and page.locator(f"{PANEL} .br-work").is_hidden()
    page.unroute("**/gradio_api/upload*")
    choose(page, checkpoint)
    wait_for_state(page, "planned")


def test_a_load_shows_how_far_it_is_and_can_be_cancelled(page, app_url, checkpoint, tmp_path):
    slow = tmp_path / "slow.ckpt"
    slow.write_bytes(checkpoint.read_bytes())
    open_panel(page, app_url)
    before = page.locator("#tokenizer input").input_value()
    choose(page, slow)
    wait_for_state(page, "planned")
    page.locator(f"{PANEL} .br-load").click()
    page.wait_for_function(f"document.querySelector('{PANEL} .br-bar').value > 0.005")
    assert "slow disk" in page.locator(f"{PANEL} .br-words").inner_text()
    page.locator(PANEL).get_by_role("button", name="Cancel").click()
    wait_for_state(page, "stopped")
    assert "nothing was loaded" in trouble(page) and page.locator(f"{PANEL} .br-work").is_hidden()
    assert page.locator("#tokenizer input").input_value() == before


def test_the_list_is_searched_and_tells_what_to_do_by_hand(page, app_url):
    open_panel(page, app_url)
    page.locator(PANEL).get_by_label("Search the list").fill("encodec 24")
    rows = page.locator(f"{PANEL} .br-known")
    assert rows.count() >= 1 and all("encodec" in row.inner_text().lower() for row in rows.all())
    page.locator(PANEL).get_by_label("Search the list").fill("vqgan f16 taming")
    rows.first.click()
    assert "Download its file" in trouble(page) and page.locator(f"{PANEL} .br-drop").is_visible()


def test_a_link_to_what_is_not_loaded_offers_to_load_it(page, app_url):
    open_panel(page, app_url, "tokenizer=hub--facebook--encodec_24khz")
    name = page.locator(PANEL).get_by_label("Name of a Hub repository")
    assert name.input_value() == "facebook/encodec_24khz" and "not loaded here" in trouble(page)
    page.goto(f"{app_url}codebook")
    page.get_by_role("link", name="Bring a tokenizer of others").click()
    page.wait_for_selector(f"{PANEL} details[open]")


def test_nothing_is_wider_than_the_screen(page, app_url):
    open_panel(page, app_url)
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
