"""What a first visit of each page sends over the wire, without what Gradio and plotly.js weigh: held, so that it stays.

Each page is opened by a browser that has nothing of it yet. Counted is what has come when its first screen is whole and
nothing more is being asked for; of the lab without its frames, which never end.
"""

import re
from collections import defaultdict

import pytest

from explorer.pages.shared.thumbnails import FOLDER
from tests.conftest import PATIENCE_MS, WINDOW
from tests.first_screen import READY

pytestmark = pytest.mark.browser

KB = 1000
# kB that a page may send: the aim is 600, and others hold what they have reached. Compare shows five lossless pictures
# of 256 x 256, which are 440 of its own: single pixels are what its zoom and its error maps are about.
# The lab sends what its run begins with, and once more what it opens with when the run is there.
MOST = {"": 600, "codebook": 350, "compare": 650, "lab": 300, "learn": 200, "experiments": 145}
WHOLE = READY | {
    "": "#inspect-view .dte-inspect[data-frames-drawn] .dte-body:not([hidden])",
    "learn": "#learn-view .dte-root > *",
    "experiments": ".dte-experiments[data-ready='true']",
}
ALSO = {
    "": ["#code-card .dte-card-number", "#reconstruction .dte-rec-figure-box *"],
    "compare": ["#compare-view canvas"],
}
KINDS = {
    "modules": r"/views-\w+/.*\.js$",
    "sheets": r"/views-\w+/.*\.css$",
    "small pictures": rf"/{FOLDER}/",
    "answers": r"/(component_server|queue/data|queue/join|run/predict)\b",
    "page": r"^/\w*(\?.*)?$",
}


class Traffic:
    """Bytes over the wire by kind, headers and all, as Chromium counts them; `going`: what has been asked for."""

    def __init__(self, page, root):
        self.bytes, self.going, self._kinds = defaultdict(int), set(), {}
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        self._root = root
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.dataReceived", self._came)
        devtools.on("Network.loadingFinished", self._ended)
        devtools.on("Network.loadingFailed", lambda event: self.going.discard(event["requestId"]))

    def _asked(self, event):
        url, body = event["request"]["url"].removeprefix(self._root), event["request"].get("postData", "")
        kind = next((kind for kind, pattern in KINDS.items() if re.search(pattern, url)), None)
        if '"lab_pull"' in body:
            return  # frames: how many come, and how long their run was by then, is the machine's affair
        if kind:
            self._kinds[event["requestId"]] = (kind, 0)
            if "queue/data" not in url:  # stays open
                self.going.add(event["requestId"])

    def _came(self, event):
        if event["requestId"] in self._kinds:
            self._add(event["requestId"], event["encodedDataLength"] or event["dataLength"])

    def _ended(self, event):
        self.going.discard(event["requestId"])
        if event["requestId"] in self._kinds:
            self._add(event["requestId"], event["encodedDataLength"] - self._kinds[event["requestId"]][1])

    def _add(self, id_, count):
        kind, before = self._kinds[id_]
        self._kinds[id_] = (kind, before + count)
        self.bytes[kind] += count


def settle(page, traffic):
    """Wait until nothing has been asked for over some frames."""
    quiet = 0
    while quiet < 3:
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))")
        quiet = 0 if traffic.going else quiet + 1


@pytest.mark.parametrize("name", MOST, ids=lambda name: name or "inspect")
def test_a_first_visit_sends_no_more_than_it_may(browser, app_url, name):
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    traffic = Traffic(page, app_url.rstrip("/"))
    page.goto(f"{app_url}{name}")
    for selector in (WHOLE[name], *ALSO.get(name, ())):
        page.wait_for_selector(selector, state="attached")
    settle(page, traffic)
    context.close()
    kinds = {kind: round(count / KB) for kind, count in traffic.bytes.items()}
    print(name or "inspect", sum(kinds.values()), kinds)
    assert {"page", "modules", "sheets", "answers"} <= set(kinds) and kinds["modules"] > 20, kinds
    assert sum(kinds.values()) <= MOST[name], f"{kinds}, kB: more than a first visit of /{name} may send"
