"""Runs in processes of their own: they answer, refuse in words, end with their visitor, and break alone."""

import json
import os
import signal
import time
from types import SimpleNamespace

import pytest

from explorer.foundation.errors import ExplorerError, SettingsError
from explorer.lab.settings import LabSettings
from explorer.pages.lab.process import BROKE, MOST_REST_S, LabProcess, Manners, ProcessPool

SMALL = LabSettings(codebook_size=8, batch_size=32)


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def step_of(run):
    return json.loads(run.ask("pull", {}))["status"]["step"]


@pytest.fixture
def run():
    made = LabProcess(SMALL, "cpu")
    yield made
    made.end("The test is over.")
    made.join(10)
    assert not made.alive


def test_a_run_plays_from_the_start_and_answers_between_its_steps(run):
    until(lambda: step_of(run) > 20)
    assert json.loads(run.ask("do", {"action": "pause"}))["ok"]
    at = step_of(run)
    time.sleep(0.1)
    assert step_of(run) == at


def test_what_cannot_be_made_is_refused_in_words():
    with pytest.raises(SettingsError, match="no such device"):
        LabProcess(SMALL, "no such device")


def test_a_process_that_is_killed_says_so_and_no_other_run_notices(run):
    other = LabProcess(SMALL, "cpu")
    try:
        os.kill(run._process.pid, signal.SIGKILL)
        until(lambda: not run.alive)
        for _ in range(2):
            with pytest.raises(ExplorerError) as caught:
                run.ask("pull", {})
            assert str(caught.value) == BROKE
        assert json.loads(other.ask("do", {"action": "pause"}))["ok"]
    finally:
        other.end("over")


def test_a_run_without_a_touch_ends_and_its_last_word_is_kept():
    run = LabProcess(SMALL, "cpu", idle_s=0.3)
    until(lambda: not run._process.is_alive())
    with pytest.raises(ExplorerError, match="without a touch"):
        run.ask("pull", {})
    assert not run.alive


def test_a_run_ends_when_the_server_hangs_up():
    run = LabProcess(SMALL, "cpu")
    run._line.close()
    until(lambda: not run._process.is_alive())


def test_the_pool_is_capped_says_so_and_gives_places_back():
    pool = ProcessPool(2)
    try:
        pool.open("a", SMALL, "cpu")
        first = pool.open("b", SMALL, "cpu")
        with pytest.raises(ExplorerError, match="All 2 places"):
            pool.open("c", SMALL, "cpu")
        pool.close("a")
        assert pool.get("a") is None and len(pool) == 1
        assert pool.open("c", SMALL, "cpu") is pool.get("c")
        assert pool.open("b", SMALL, "cpu") is not first and not first.alive and len(pool) == 2
        with pytest.raises(SettingsError):
            pool.open("b", SMALL, "no such device")
        assert pool.get("b") is None and len(pool) == 1  # the place is free again
    finally:
        pool.close_all()
    assert len(pool) == 0


def test_a_visitor_who_leaves_while_the_run_starts_leaves_none_behind():
    pool = ProcessPool(1)

    def slow(*arguments):
        made = LabProcess(*arguments)
        pool.close("a")
        return made

    pool._make = slow
    run = pool.open("a", SMALL, "cpu")
    assert not run.alive and pool.get("a") is None


@pytest.mark.parametrize(
    "device, wall, cpu, rests",
    [
        ("cpu", 0.005, 0.004, 0.0),
        ("cpu", 0.02, 0.004, 0.016),
        ("cpu", 0.2, 0.004, MOST_REST_S),
        ("cuda", 0.02, 0.004, 0.0),
    ],
)
def test_a_run_rests_only_where_cores_are_scarce(monkeypatch, device, wall, cpu, rests):
    clock = SimpleNamespace(wall=0.0, cpu=0.0)

    def turn():
        clock.wall, clock.cpu = clock.wall + wall, clock.cpu + cpu
        return 0.0

    fake = SimpleNamespace(perf_counter=lambda: clock.wall, process_time=lambda: clock.cpu)
    monkeypatch.setattr("explorer.pages.lab.process.time", fake)
    manners = Manners(SimpleNamespace(turn=turn, device=SimpleNamespace(type=device)))
    assert [manners.turn() for _ in range(3)] == pytest.approx([rests] * 3)
