"""Who is here and who has left: by open connections, with times that no test waits for."""

import math

import pytest
from gradio.utils import get_heartbeat_rate

from explorer.pages.shared.presence import EVERY_S, GRACE_S, IDLE_S, LATEST_S, SILENT_S, UNTIL, Presence
from explorer.pages.shared.serve import DROPPED_S


class Things:
    """Things of visitors that are let go."""

    def __init__(self, *owners):
        self.held, self.calls = set(owners), 0

    def owners(self):
        return set(self.held)

    def let_go(self, owner):
        self.held.remove(owner)
        self.calls += 1


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def here(clock):
    return Presence(clock=lambda: clock[0])


def test_the_times_are_those_that_are_said():
    assert "within a minute" in UNTIL and "an hour" in UNTIL
    assert LATEST_S == 60 and IDLE_S == 3600
    # The network is cut without a word: the next heartbeat is not acknowledged, and then it goes as with any other.
    assert get_heartbeat_rate() + DROPPED_S + GRACE_S + EVERY_S <= LATEST_S


def test_who_holds_a_page_open_stays_and_who_closes_the_last_goes_soon_after(here, clock):
    things = Things("anna")
    here.watch(lambda: [things])
    with here.connected(["anna"], beat=True):
        with here.connected(["anna"], beat=True):
            clock[0] += 3000
            here.touch("anna")
        clock[0] += 500
        assert not here.sweep(), "one of two pages was closed"
    clock[0] += GRACE_S - 1  # on the way to another page
    with here.connected(["anna"], beat=True):
        clock[0] += 100
        assert not here.sweep() and here.is_here("anna")
    clock[0] += GRACE_S + 1
    assert here.sweep() and things.held == set() and not here.is_here("anna")


def test_how_long_nobody_has_asked_for_anything(here, clock):
    assert here.quiet_s() == math.inf
    with here.connected(["anna"], beat=True), here.connected(["berta"]):
        clock[0] += 7
        assert here.quiet_s() == 0, "one request is still open"
        here.touch("carla")
    clock[0] += 2
    assert here.quiet_s() == 2
    with here.connected(["anna"], beat=True):
        clock[0] += 1
        assert here.quiet_s() == 3, "an open page asks for nothing by being open"


def test_who_does_nothing_for_an_hour_counts_as_gone_though_the_page_is_open(here, clock):
    with here.connected(["anna"], beat=True):
        here.touch("anna")
        clock[0] += IDLE_S
        assert here.is_here("anna")
        clock[0] += 1
        assert not here.is_here("anna")
        here.touch("anna")
        assert here.is_here("anna"), "and is there again with the first click"


def test_a_single_call_has_minutes_to_fetch_its_answer(here, clock):
    here.touch("curl")
    clock[0] += SILENT_S
    assert here.is_here("curl")
    clock[0] += 1
    assert not here.is_here("curl")


def test_a_page_whose_connection_a_proxy_cut_is_not_taken_for_closed(here, clock):
    with here.connected(["anna"], beat=True):
        clock[0] += 60
    clock[0] += 20  # still on the screen, and a picture is chosen
    here.touch("anna")
    clock[0] += GRACE_S + 1
    assert here.is_here("anna")
    clock[0] += SILENT_S
    assert not here.is_here("anna")


def test_the_last_requests_of_a_page_that_is_being_closed_do_not_keep_it(here, clock):
    with here.connected(["anna"], beat=True):
        clock[0] += 60
    clock[0] += 1
    here.touch("anna")
    clock[0] += GRACE_S
    assert not here.is_here("anna")


def test_a_long_answer_keeps_its_visitor(here, clock):
    with here.connected(["anna"]):
        clock[0] += SILENT_S + GRACE_S + 100
        assert here.is_here("anna")


def test_what_belongs_to_nobody_who_is_known_goes_too_and_one_that_breaks_keeps_no_other(here, clock):
    class Broken(Things):
        def let_go(self, owner):
            raise OSError("no disk")

    after, broken, things = [], Broken("ghost"), Things("ghost", "anna")
    here.watch(lambda: [broken, things], lambda: after.append(1))
    with here.connected(["anna"], beat=True):
        assert here.sweep()
        assert things.held == {"anna"} and after == [1]


def test_who_has_left_is_forgotten(here, clock):
    for number in range(1000):
        here.touch(f"session:{number}")
    clock[0] += SILENT_S + 1
    here.sweep()
    assert here._signs == {}
