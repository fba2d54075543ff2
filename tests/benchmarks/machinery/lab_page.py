"""The app in a process of its own, Chromium, and the lab's page in it: what several benchmarks share."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[3]
APP = [sys.executable, "app.py", "--port", "0"]
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
SETTINGS = {"batch_size": 2000}  # of the 2-D toy with K = 64 that the lab begins with
VIEW = "#lab-view [data-step]"
PLAY = "#lab-view .lab-bar button"  # the first of the bar: Play or Pause
LISTEN = """(() => {
  const asked = window.fetch;
  window.labAnswers = [];
  window.fetch = async (...call) => {
    const body = call[1]?.body;
    if (typeof body === 'string' && body.includes('"lab_pull"')) window.labPull = { url: String(call[0]), body };
    const response = await asked(...call);
    if (typeof body === 'string' && body.includes('"lab_do"')) {
      await response.clone().text();
      window.labAnswers.push({ action: JSON.parse(body).data.action, at: performance.now() });
    }
    return response;
  };
})()"""


@contextmanager
def served(folder: Path | None = None) -> Iterator[tuple[str, int]]:
    """Address and process number of `python app.py`. Its cache lies in `folder`/cache, and its temporary files in
    `folder`/tmp, or in a folder that is removed at the end."""
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory() as kept:
        places = {"EXPLORER_CACHE": Path(kept) / "cache", "TMPDIR": Path(kept) / "tmp"}
        places["TMPDIR"].mkdir()
        environment = os.environ | {"PYTHONUNBUFFERED": "1"} | {name: str(place) for name, place in places.items()}
        server = subprocess.Popen(APP, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            found = (re.search(r"Running on (http\S+)", line) for line in server.stdout)
            url = next((match[1] for match in found if match), None)
            if url is None:
                raise RuntimeError("the app ended before it said where it runs")
            yield url, server.pid
        finally:
            server.terminate()
            server.wait()


@contextmanager
def chromium() -> Iterator:
    """The installed browser."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def visitor(browser, url: str):
    """The lab's page of one more visitor, with a run that plays."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(LISTEN)
    page.goto(f"{url.rstrip('/')}/lab?" + urlencode({"settings": json.dumps(SETTINGS)}))
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]", state="attached", timeout=60_000)
    plays(page)
    return page


def plays(page) -> None:
    """Wait until the run plays and the button says Pause."""
    page.wait_for_function(
        f"document.querySelector('{VIEW}').dataset.playing === 'true'"
        f" && document.querySelector('{PLAY}').textContent === 'Pause'",
        timeout=60_000,
    )


def cpu_seconds(pid: int) -> float | None:
    """Processor time of a process and all it started, None where there is no /proc."""
    ticks = _of_tree(pid, lambda fields: int(fields[11]) + int(fields[12]))
    return None if ticks is None else ticks / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float | None:
    """Resident memory of a process and all it started, pages that they share counted for each; None without /proc."""
    pages = _of_tree(pid, lambda fields: int(fields[21]))
    return None if pages is None else pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _of_tree(pid: int, read: Callable[[list[str]], int]) -> int | None:
    """Sum of what `read` finds in /proc/PID/stat, behind the name, over a process and its descendants."""
    if not Path("/proc/self/stat").exists():
        return None
    values, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        parents[int(folder.name)] = int(fields[1])
        values[int(folder.name)] = read(fields)

    def within(process: int) -> bool:
        return process == pid or (process in parents and within(parents[process]))

    return sum(value for process, value in values.items() if within(process))


def heap_megabytes(devtools) -> float:
    """Megabytes that the page's scripts hold, garbage not counted."""
    devtools.send("HeapProfiler.collectGarbage")
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize") / 1e6
