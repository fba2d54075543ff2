"""The training lab as its visitors meet it, and its loop without a page. Needs Chromium.

The browser runs on the same cores as the server, so what it draws is taken from what is trained.
"""

from __future__ import annotations

import json
import os
import statistics
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

from explorer.lab.datasets import build_dataset
from explorer.lab.models import build_model, difference
from explorer.lab.quantizing import apply_settings, build_lab_quantizer
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.pages.lab.desk import FRAMES_PER_SECOND
from explorer.quantizers.chance import built_with, drawing_from
from explorer.views.lab.payload import frame_payload
from tests.benchmarks.machinery.lab_page import PLAY, SETTINGS, VIEW, chromium, cpu_seconds, plays, served, visitor

TOY = f"2-D toy, K = 64, batch {SETTINGS['batch_size']:,}"
VISITORS, TRIES = 5, 5
WARM_UP_S, SECONDS = 2.0, 6.0
ROUNDS, STEPS = 8, 100  # of the loop without a page

START_COUNTING = f"""(ms) => {{
  const {{ dataset }} = document.querySelector('{VIEW}');
  const now = () => [performance.now() / 1000, Number(dataset.step), Number(dataset.framesDrawn)];
  const from = now();
  const rates = () => now().map((value, i) => value - from[i]);
  window.labRates = new Promise((done) => setTimeout(() => done(rates()), ms));
}}"""
PAUSE = f"""async () => {{
  const view = document.querySelector('{VIEW}');
  const start = performance.now();
  let moved = start;
  const watch = new MutationObserver(() => (moved = performance.now()));
  watch.observe(view, {{ attributes: true, attributeFilter: ['data-step'] }});
  document.querySelector('{PLAY}').click();
  while (performance.now() - moved < 1200 && moved - start < 10_000) await new Promise((done) => setTimeout(done, 20));
  watch.disconnect();
  return moved - start;
}}"""
SLIDE = """async (share) => {
  const slider = document.querySelector("#lab-view [data-control='beta'] input[type=range]");
  const before = window.labAnswers.length, start = performance.now();
  slider.value = Math.round(share * Number(slider.max));
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const answer = () => window.labAnswers.slice(before).find(({ action }) => action === 'set');
  while (!answer() && performance.now() - start < 10_000) await new Promise((done) => setTimeout(done, 2));
  return answer().at - start;
}"""


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rows = _loop()
    with served() as (url, pid), chromium() as browser:
        pages = [visitor(browser, url)]
        rows += [*_rates(pages, pid), *_reactions(pages[0], "one visitor")]
        pages += [visitor(browser, url) for _ in range(VISITORS - 1)]
        rows += [*_rates(pages, pid), *_reactions(pages[0], f"one of {VISITORS} visitors")]
        rows += _rates_of_requests(pages, pid)
    return rows


def _rates_of_requests(pages: list, pid: int) -> list[tuple[str, str, str]]:
    """The same visitors with their browsers on other machines: the pages rest, and a script asks in their place."""
    asked = [page.evaluate("window.labPull") for page in pages]
    for page in pages:
        page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    time.sleep(WARM_UP_S)
    before = cpu_seconds(pid), time.perf_counter()
    with ThreadPoolExecutor(len(asked)) as threads:
        frames = list(threads.map(lambda one: _frames_of(one["url"], json.loads(one["body"])), asked))
    passed = time.perf_counter() - before[1]
    rates = ", ".join(f"{rate:.1f}" for rate in frames)
    what = f"lab, {TOY}, {len(pages)} visitors whose browsers are elsewhere: frames sent to each"
    rows = [(what, f"{rates} a second, least {min(frames):.1f}", "10 a second each")]
    if before[0] is not None:
        rows.append(("... with cores kept busy meanwhile", f"server {(cpu_seconds(pid) - before[0]) / passed:.2f}", ""))
    return rows


def _frames_of(url: str, body: dict) -> float:
    """New frames a second that a visitor gets who asks as the page does: one after the other, at most 30 a second."""
    request, frames, started = body["data"], 0, time.perf_counter()
    while (now := time.perf_counter()) - started < SECONDS:
        posted = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(posted) as response:
            answer = json.loads(json.load(response))
        frames += answer["sides"][0]["frame"] is not None
        request["after"] |= {"run": answer["run"]} | dict.fromkeys(("curve", "heat"), answer["status"]["step"])
        time.sleep(max(0.0, now + 1 / FRAMES_PER_SECOND - time.perf_counter()))
    return frames / (time.perf_counter() - started)


def _rates(pages: list, pid: int) -> list[tuple[str, str, str]]:
    """Steps and drawn frames a second of each page, all counted at the same time."""
    time.sleep(WARM_UP_S)
    before = cpu_seconds(pid), cpu_seconds(os.getpid()), time.perf_counter()
    for page in pages:
        page.evaluate(START_COUNTING, 1000 * SECONDS)
    counted = [page.evaluate("window.labRates") for page in pages]
    passed = time.perf_counter() - before[2]
    steps = [step / seconds for seconds, step, _ in counted]
    frames = [frame / seconds for seconds, _, frame in counted]
    if len(pages) == 1:
        rows = [
            (f"lab, {TOY}, one visitor: training steps", f"{steps[0]:.0f} a second", "300 a second"),
            (f"lab, {TOY}, one visitor: frames drawn", f"{frames[0]:.1f} a second", "30 a second"),
        ]
    else:
        each = f"lab, {TOY}, {len(pages)} visitors at once"
        rows = [
            (f"{each}: training steps of each", f"{', '.join(f'{rate:.0f}' for rate in steps)} a second", ""),
            (
                f"{each}: frames drawn for each",
                f"{', '.join(f'{rate:.1f}' for rate in frames)} a second, least {min(frames):.1f}",
                "10 a second each",
            ),
        ]
    if before[0] is not None:
        server = (cpu_seconds(pid) - before[0]) / passed
        browser = (cpu_seconds(os.getpid()) - before[1]) / passed - server
        rows.append(("... with cores kept busy meanwhile", f"server {server:.2f}, browser {browser:.2f}", ""))
    return rows


def _reactions(page, whose: str) -> list[tuple[str, str, str]]:
    """Pause until the picture stands still, and a slider until it was answered: it acts before the next step."""
    pauses, slides = [], []
    for _ in range(TRIES):
        pauses.append(page.evaluate(PAUSE))
        page.click(PLAY)
        plays(page)
        page.wait_for_timeout(500)
    for number in range(TRIES):
        slides.append(page.evaluate(SLIDE, 0.5 + 0.05 * number))
        page.wait_for_timeout(300)
    return [
        (f"lab, {whose}: click on Pause -> step stands still", _spread(pauses), "200 ms"),
        (f"lab, {whose}: slider of beta moved -> acts", _spread(slides), "200 ms"),
    ]


def _spread(values: list[float]) -> str:
    return f"median {statistics.median(values):.0f} ms, worst of {len(values)}: {max(values):.0f} ms"


def _loop() -> list[tuple[str, str, str]]:
    """The loop of a run and what its measures, curves, timeline and frames cost, in CPU time of one thread."""
    settings, device = LabSettings().changed(SETTINGS), torch.device("cpu")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        side, bare = LabSide(settings, device), _bare(settings, device)
        spent = []
        for _ in range(ROUNDS + 1):  # in turn, so that noise meets both
            spent.append((_seconds(side.step, STEPS), _seconds(bare, STEPS)))
        ours, theirs = (statistics.median(column) / STEPS for column in zip(*spent[1:], strict=True))
        frames = []
        for _ in range(20):
            side.step()
            frames.append(_seconds(lambda: frame_payload(side.frame(), 0, side.plane(0)), 1))
    finally:
        torch.set_num_threads(threads)
    return [
        (
            f"lab's loop, {TOY}, one thread, steps {STEPS} to {(ROUNDS + 1) * STEPS}",
            f"{1 / ours:.0f} steps a second of CPU",
            "300 a second",
        ),
        (
            "... against the same model, quantizer and Adam without anything kept",
            f"{1 / theirs:.0f} steps a second of CPU; the lab's step takes {ours / theirs:.2f} of that time",
            "",
        ),
        ("... one frame made and packed", f"{1e3 * statistics.median(frames):.1f} ms of CPU", ""),
    ]


def _bare(settings: LabSettings, device: torch.device) -> Callable[[], None]:
    """A training step with nothing around it."""
    generator = torch.Generator(device).manual_seed(settings.seed)
    data = build_dataset(settings, device)
    with built_with(settings.seed):
        model, quantizer = build_model(settings, data.shape), build_lab_quantizer(settings)
    apply_settings(quantizer, settings)
    adam = torch.optim.Adam([*model.parameters(), *quantizer.parameters()], lr=settings.lr)

    def step() -> None:
        with drawing_from(generator):
            items = data.sample(settings.batch_size, generator, 0)
            output = quantizer(model.encode(items))
            loss = difference(settings.reconstruction, model.decode(output.z_q), items) + output.loss
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()

    return step


def _seconds(action: Callable[[], object], times: int) -> float:
    """CPU seconds, which do not depend on what else the machine does."""
    started = time.process_time()
    for _ in range(times):
        action()
    return time.process_time() - started
