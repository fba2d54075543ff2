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
MOST = {"": 600, "codebook": 350, "compare": 650, "lab": 280, "learn": 200, "experiments": 145}
WHOLE = READY | {
    "": "#inspect-view .dte-inspect[data-frames-drawn] .dte-body:not([hidden])",
    "lab": "#lab-view .dte-lab[data-frames-drawn][data-begins='false']",
    "learn": "#learn-view [data-chapter]",
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
    """Bytes over the wire by kind, headers and all, as Chromium counts them; `going`: what has been asked for.

    Of an answer that comes piece by piece Chromium says now the bytes before unpacking and now those after, and a
    stream that the page hangs up has no end: of what never ended the larger sum of the two is counted.
    """

    def __init__(self, page, root):
        self.going, self._kinds, self._sums = set(), {}, defaultdict(lambda: [0, 0])
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
            self._kinds[event["requestId"]] = kind
            self.going.add(event["requestId"])

    def _came(self, event):
        for i, name in enumerate(("encodedDataLength", "dataLength")):
            self._sums[event["requestId"]][i] += event[name]

    def _ended(self, event):
        self.going.discard(event["requestId"])
        self._sums[event["requestId"]] = [event["encodedDataLength"]]

    def bytes(self):
        """Kind -> bytes."""
        sums = defaultdict(int)
        for id_, kind in self._kinds.items():
            sums[kind] += max(self._sums[id_])
        return sums


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
    kinds = {kind: round(count / KB) for kind, count in traffic.bytes().items()}
    print(name or "inspect", sum(kinds.values()), kinds)
    assert {"page", "modules", "sheets", "answers"} <= set(kinds) and kinds["modules"] > 20, kinds
    assert sum(kinds.values()) <= MOST[name], f"{kinds}, kB: more than a first visit of /{name} may send"
