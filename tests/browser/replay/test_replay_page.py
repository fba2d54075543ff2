"""Recorded runs in Chromium: followed while they are written, looked back at, two in step, and brought as a zip."""

import shutil

import pytest

from explorer.joints.files.recording import RecordingWriter, RecordLevel
from tests.conftest import app_with
from tests.joints.made_recordings import MadeRun, make_recording

pytestmark = pytest.mark.browser

PAGE = "#replay-view .dte-replay"
LEVELS = (RecordLevel("", 32, 4),)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def live(folder):
    """A run that is being written: (run, writer)."""
    run, writer = MadeRun(LEVELS, alive=8), RecordingWriter(folder / "live", LEVELS, 10)
    for _ in range(7):
        run.step(10)
        run.write(writer)
    yield run, writer
    writer.close()


@pytest.fixture(scope="module")
def address(folder, live, chromium_path):
    make_recording(folder / "ended", LEVELS, records=12, every=10)
    with app_with("--run", str(folder / "live"), "--run", str(folder / "ended")) as url:
        yield f"{url.rstrip('/')}/replay"


def wait(page, **facts):
    page.wait_for_selector(PAGE + "".join(f"[data-{name}='{value}']" for name, value in facts.items()))


def test_a_run_is_followed_while_it_is_written_until_it_ends(page, address, live):
    run, writer = live
    page.goto(address)
    wait(page, runs="live", step=70, dead=24, live="true")
    assert page.locator(".replay-badge").is_visible()
    assert "24 of 32 codes dead" in page.locator("[data-panel=diagnosis]").first.inner_text()
    run.step(10)
    run.write(writer)
    wait(page, step=80)
    page.locator(".lab-group button").first.click()
    wait(page, step=70, scrub=70)
    page.wait_for_function("location.search.includes('step=70')")
    page.reload()
    wait(page, step=70, scrub=70, runs="live")
    page.locator(".lab-now").click()
    wait(page, step=80, scrub="")
    writer.end("", run.steps)
    wait(page, live="false", step=80)
    page.locator("[data-panel=lives] tbody tr").first.wait_for()
    assert "24 never seen live" in page.locator("[data-panel=lives]").inner_text()


def test_two_runs_go_in_step_and_a_zip_is_opened_beside_them(page, address, folder):
    page.goto(f"{address}?run=ended")
    wait(page, runs="ended", step=120)
    page.select_option("#replay-beside", "live")
    wait(page, runs="ended live", step=80)
    steps = page.locator(".lab-side-words").all_inner_texts()
    assert steps[0].startswith("ended, step 80 of 120") and steps[1].startswith("live, step 80 of 80")
    page.locator(".lab-versus-words", has_text="At step 80 A has 0 of 32 codes dead and B 24 of 32").wait_for()
    zipped = shutil.make_archive(str(folder / "sent"), "zip", folder, "ended")
    page.set_input_files(".replay-file", zipped)
    page.wait_for_selector(f"{PAGE}[data-runs^='own-'][data-step='120']")
    (folder / "wrong.zip").write_bytes(b"PK")
    page.set_input_files(".replay-file", folder / "wrong.zip")
    page.wait_for_selector(".replay-runs .dte-lf-error:not([hidden])")
    assert "is no zip" in page.locator(".replay-runs .dte-lf-error").inner_text()
    for width in (1280, 420):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
