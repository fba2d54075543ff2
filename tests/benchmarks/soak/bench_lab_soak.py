"""Memory of server and browser while one visitor watches a run for SOAK_SECONDS (600). Runs only when it is named."""

from __future__ import annotations

import os
import time

from tests.benchmarks.machinery.lab_page import VIEW, chromium, heap_megabytes, resident_megabytes, served, visitor

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
SETTLE_S = 30.0  # buffers fill and caches warm before the first look
WIGGLE_S = 20.0  # a visitor who does not move for ten minutes has left
LOOKS = 12


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    with served() as (url, pid), chromium() as browser:
        page = visitor(browser, url)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        started, looks = time.monotonic(), []
        settle = min(SETTLE_S, SECONDS / 2)
        for number in range(LOOKS):
            _watch(page, started + settle + (SECONDS - settle) * number / (LOOKS - 1))
            steps, frames = page.evaluate(f"(({{ dataset: d }}) => [d.step, d.framesDrawn])({_view()})")
            looks.append(
                (time.monotonic() - started, resident_megabytes(pid), heap_megabytes(devtools), int(steps), int(frames))
            )
        playing = page.get_attribute(VIEW, "data-playing") == "true"
    first, last = looks[0], looks[-1]
    over = f"from {first[0]:.0f} s to {last[0]:.0f} s of a run"
    done = f"{last[3]:,} steps, {last[4]:,} frames drawn" + ("" if playing else "; THE RUN HAD STOPPED")
    return [
        (f"lab, {over}: memory of the server with its runs", _change([look[1] for look in looks]), "flat"),
        (f"lab, {over}: JavaScript heap after collection", _change([look[2] for look in looks]), "flat"),
        (f"... the run at {last[0]:.0f} s", done, ""),
    ]


def _watch(page, until: float) -> None:
    """Stay on the page, and move the mouse now and then."""
    place = 0
    while (left := until - time.monotonic()) > 0:
        place += 1
        page.mouse.move(300 + 20 * (place % 2), 20)
        page.wait_for_timeout(1000 * min(left, WIGGLE_S))


def _view() -> str:
    return f"document.querySelector('{VIEW}')"


def _change(values: list[float | None]) -> str:
    """First, last, and the range between: a leak has its greatest value at the end."""
    if None in values:
        return "not measured: there is no /proc"
    first, last = values[0], values[-1]
    between = f"between {min(values):.1f} and {max(values):.1f} in {len(values)} looks"
    return f"{first:.1f} -> {last:.1f} MB ({last - first:+.1f} MB), {between}"
