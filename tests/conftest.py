"""Options, and the running app in Chromium for the browser tests.

Without a browser the browser tests skip and say so; with CI=true they fail instead.
"""

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

import explorer.views  # noqa: F401  before a test imports Gradio: see explorer.views.no_stubs
from tests.late_pages import make_late

gc.disable()  # until the tests are collected: what was imported till then is never let go
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every process that a test starts would compile all anew
if "PYTEST_XDIST_WORKER" in os.environ:  # before torch is imported: workers share the cores, they do not fight for them
    os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"
# The first is the same browser without its windows: a page costs half as much processor time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Each window has two pages for the popup of its address bar, which cost as much as the page under test. The others are
# what playwright turns off itself, of which the last such option is the one that holds.
NO_FEATURES = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "LensOverlay"),
    *("MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch", "CDPScreenshotNewSurface"),
)
WINDOW = {"width": 1440, "height": 900}
CHROMIUM_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ),  # a microphone that beeps, for whoever asks
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--disable-features={','.join(NO_FEATURES)}",
)
PATIENCE_MS = 150_000  # of all that a browser test waits for, on a busy machine; what is there is not waited for
SECONDS_TO_START = 180  # a cold disk and one slow core; a warm start takes a few
MOST_WORKERS = 4  # each holds torch, and an app and a browser while it comes through the browser tests
# First, so that all cores end together.
LONG = ("tests/browser/", "tests/public/", "tests/training/", "tests/lab/", "tests/recipes/")
OPTIONS = {"slow": "takes minutes", "external": "needs a network"}


def pytest_addoption(parser):
    for name, reason in OPTIONS.items():
        parser.addoption(f"--run-{name}", action="store_true", help=f"also run tests marked {name}: each {reason}")
    parser.addoption("--late", type=int, default=0, help="pages do so many ms later what they need not do at once")


def pytest_xdist_auto_num_workers(config):
    """The whole test command runs on all cores, a file at a time on each; what is named on the command line runs in
    one process, where it is seen as it goes. `-n 0` or `-n 2` decide otherwise."""
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        config.option.dist = "no"
        return 0
    return min(MOST_WORKERS, os.cpu_count() or 1)


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    for name, reason in OPTIONS.items():
        if not config.getoption(f"--run-{name}"):
            skip = pytest.mark.skip(reason=f"{reason}: run it with --run-{name}")
            for item in items:
                if name in item.keywords:
                    item.add_marker(skip)


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def brought_tokenizers_leave():
    """What a file of tests brings is not there in the next one."""
    from explorer.tokenizers import shelf

    yield
    shelf._brought.clear()


def missing(what):
    """Skip, or fail where nothing may be skipped."""
    if IN_CI:
        pytest.fail(f"{what}, and CI may not skip the browser tests")
    pytest.skip(f"{what}, so the browser tests are skipped")


@pytest.fixture(scope="session")
def chromium_path():
    """The installed browser."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return path or missing(f"no browser is installed ({', '.join(CHROMIUM)})")


@pytest.fixture(scope="session")
def browser(chromium_path, pytestconfig):
    """One Chromium for all tests."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the Python package playwright is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_OPTIONS))
        if ms := pytestconfig.getoption("late"):
            make_late(chromium, ms)
        yield chromium
        chromium.close()


@contextmanager
def app_with(*options):
    """The address of `python app.py` with those options, in a process of its own on a free port, ended at the end."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "app.log").open("w+") as log:
        line = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", "0", *options]
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "EXPLORER_CACHE": folder, "GRADIO_TEMP_DIR": folder}
        process = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield announced_address(process, Path(log.name))
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def app_url(chromium_path):
    """The address of the app as it ships."""
    with app_with() as url:
        yield url


@pytest.fixture(scope="session")
def made_url(chromium_path):
    """The address of the app with the codecs of made_codecs.py: every kind of medium and layout."""
    with app_with("--adapter", "tests/made_adapter.py") as url:
        yield url


def announced_address(process, log):
    """Wait for the line "Running on URL"; whatever else is printed later is read and dropped."""
    found, lines = [], []

    def read():
        for line in process.stdout:
            lines.append(line)
            if match := re.search(r"Running on (http://\S+)", line):
                found.append(match[1])
                break
        for _ in process.stdout:
            pass

    def first_word():
        return found or process.poll() is not None

    reader = Thread(target=read, daemon=True)
    reader.start()
    for _ in range(SECONDS_TO_START * 5):
        if first_word():
            break
        reader.join(0.2)
    if not found:
        reader.join(1)
        pytest.fail(f"the app did not start: {''.join(lines)[-1000:]}{log.read_text()[-3000:]}")
    return found[0]


LEAVING = ("AbortError", "Unexpected error Connection errored out")  # Gradio's words when a page is left mid-stream


def is_error(note):
    """Whether a console note is an error of the page. A browser notes sockets that do not open, as behind a proxy that
    passes on none; the heartbeat is a request then."""
    return note.type == "error" and not note.text.startswith(LEAVING) and "/heartbeat_socket/" not in note.text


@pytest.fixture(scope="session")
def visits(browser):
    """Where all visitors come from, 1440 x 900, one after the other. They share what a browser keeps of the app's files
    and of their compiled scripts, which cost more than all that most tests do; nothing else (see `context`)."""
    window, errors = browser.new_context(viewport=WINDOW, accept_downloads=True), []
    window.set_default_timeout(PATIENCE_MS)
    window.on("weberror", lambda error: errors.append(f"page error: {error.error}"))
    window.on("console", lambda note: errors.append(f"console: {note.text}") if is_error(note) else None)
    window.new_page()  # stays: see `page`
    yield window, errors
    window.close()


@pytest.fixture
def context(visits):
    """A fresh visitor; the test fails on any error in the console or the scripts of its pages."""
    visitor, errors = visits
    errors.clear()
    yield visitor
    found = list(errors)
    forget(visitor)
    assert found == []


def forget(visitor):
    """Leave the first page and close the others; no cookie, stored word, permission, choice of media, or network that
    is off is left to the next."""
    first, *pages = visitor.pages
    for page in pages:
        page.close(run_before_unload=False)
    visitor.unroute_all()
    first.unroute_all()
    visitor.clear_permissions()
    visitor.set_offline(False)
    if first.url != "about:blank":
        first.evaluate("sessionStorage.clear()")
        first.goto("about:blank")
        first.mouse.move(0, 0)
    if first.viewport_size != WINDOW:
        first.set_viewport_size(WINDOW)
    first.emulate_media(media="null", color_scheme="null")
    visitor.clear_cookies()
    protocol = visitor.new_cdp_session(first)
    protocol.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    protocol.detach()


@pytest.fixture
def page(context):
    """A page of that visitor: the one that stays, since its process keeps the compiled scripts from test to test, and a
    page of the app opens in 60% of the processor time."""
    return context.pages[0]


@pytest.fixture(scope="session")
def node():
    """Path of the node program."""
    path = shutil.which("node")
    if path is None and IN_CI:
        pytest.fail("node is needed for the tests of the browser modules, and CI may not skip them")
    if path is None:
        pytest.skip("node (20 or newer) is not installed: the browser modules' pure functions are not tested")
    return path
