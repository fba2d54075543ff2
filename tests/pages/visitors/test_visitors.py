"""The one book of visitors: pages, their parts, and that all of a page ends together, whichever way it ends."""

import threading
import time

import pytest

from explorer.foundation.errors import ExplorerError
from explorer.foundation.owners import acting_for
from explorer.pages import launch
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared.map_works import Work, Works
from explorer.pages.shared.presence import GRACE_S, LATEST_S, PARTING_S, Presence
from explorer.pages.shared.session import Visit
from explorer.pages.shared.turns import MAPS, Turns
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.visitors import PAGES_KEPT, Visitors


class Things:
    """A part that remembers how often it was closed."""

    def __init__(self, visitor):
        self.visitor, self.closed = visitor, 0

    def close(self):
        self.closed += 1


class Job:
    """Long work that ends when it is told to."""

    alive = True

    def stop(self):
        self.alive = False

    def join(self, seconds):
        assert not self.alive


class Worker:
    """Stands for a child process: remembers that it was ended."""

    killed = False

    def kill(self):
        self.killed = True


def full(book, session="a"):
    """A page with all that a page can have."""
    page, worker = book.enter(session), Worker()
    page.job = Job()
    things, turns, folder = page.part(Things), page.part(Turns), page.new_folder()
    turns.attach(MAPS, turns.begin(MAPS), worker)
    (folder / "upload.png").write_bytes(b"x")
    return page, things, worker, folder


def by_presence(book):
    now = [0.0]
    here = Presence(clock=lambda: now[0])
    here.watch(lambda: [book])
    with here.connected(["session:a"], beat=True):
        here.sweep()
        assert book.owners() == {"session:a"}, "the page is open"
    now[0] += GRACE_S + 1
    assert GRACE_S + PARTING_S < LATEST_S
    here.sweep()


ENDS = {
    "the page says it": lambda book: book.leave("a"),
    "its connection ended": by_presence,
    "too many others came": lambda book: [book.enter(f"other {number}") for number in range(3)],
    "the server ends": lambda book: book.leave_all(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_all_of_a_page_ends_together_whichever_way_it_ends(end):
    book = Visitors(3)
    page, things, worker, folder = full(book)
    end(book)
    assert page.gone and things.closed == 1 and worker.killed and not page.job.alive
    assert book.get(page.token) is None and "session:a" not in book.owners()
    book.leave("a")
    assert things.closed == 1, "and it ends once"
    page.delete()  # as its job does when it has ended
    assert not folder.exists() and page.owner not in files.owners()
    for late in (page.new_folder, lambda: page.part(Things), lambda: page.part(Turns)):
        with pytest.raises(ExplorerError, match="was closed"):
            late()
    book.leave_all()


def test_the_components_of_one_page_have_one_entry_and_other_pages_have_others():
    book = Visitors(10)
    with acting_for("anna"):
        view, panel, other = book.enter("a"), book.enter("a"), book.enter("b")
    assert view is panel and other is not view
    assert view.part(Things) is panel.part(Things) and view.part(Things) is not other.part(Things)
    with acting_for("bert"):
        stranger = book.enter("a")
    assert stranger is not view and stranger.token != view.token, "who knows a session has not its page by that"
    assert book.enter("") is not book.enter(""), "a session without a name is a page each time"
    assert len({page.token for page in (view, other, stranger)}) == 3 and len(view.token) >= 20
    book.leave_all()


def test_who_is_heard_of_stays_and_the_longest_silent_goes():
    book = Visitors(2)
    first, second = book.enter("a"), book.enter("b")
    assert book.get(first.token) is first
    book.enter("c")
    assert second.gone and not first.gone
    for nonsense in (None, "", "guess", 5, ["x"], first.token[:-1]):
        assert book.get(nonsense) is None
    book.leave_all()
    assert PAGES_KEPT <= 1000


def test_a_part_is_made_once_though_several_threads_ask_for_it():
    page, made = Visitors(1).enter("a"), []

    class Slow(Things):
        def __init__(self, visitor):
            super().__init__(visitor)
            time.sleep(0.05)
            made.append(self)

    threads = [threading.Thread(target=lambda: page.part(Slow)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_maps_of_a_visitors_own_codebook_are_given_up_when_they_leave(monkeypatch):
    ended = []
    monkeypatch.setattr(Work, "__init__", lambda work, name: setattr(work, "name", name))
    monkeypatch.setattr(Work, "failed", False)
    monkeypatch.setattr(Work, "close", lambda work: ended.append(work.name))
    works = Works(3)
    for of in ("anna", "bert", ""):
        one = works.get(of, "map", lambda of=of: Work(f"of {of}"))
        assert works.get(of, "map", lambda: Work("another")) is one
    assert works.owners() == {"anna", "bert"} and launch.works in launch.keepers(None)
    works.let_go("anna")
    assert ended == ["of anna"] and works.owners() == {"bert"}
    for number in range(3):
        works.get("", number, lambda number=number: Work(number))
    assert ended == ["of anna", "of bert", "of "], "the longest unused of too many ends, too"


def test_a_newer_turn_makes_the_older_stale_and_ends_its_worker():
    turns, worker, late = Turns(), Worker(), Worker()
    first = turns.begin(MAPS)
    turns.attach(MAPS, first, worker)
    assert turns.holds(MAPS, first) and not worker.killed
    second = turns.begin(MAPS)
    assert worker.killed
    assert (turns.holds(MAPS, first), turns.holds(MAPS, second)) == (False, True)
    turns.attach(MAPS, first, late)
    assert late.killed, "a worker that comes too late is ended at once"


def test_things_do_not_touch_each_other_and_none_holds_when_the_page_is_closed():
    turns = Turns()
    held = [(thing, turns.begin(thing)) for thing in ("select", "levels", MAPS)]
    assert all(turns.holds(*turn) for turn in held)
    turns.close()
    assert not any(turns.holds(*turn) for turn in held)
    late = Worker()
    turns.attach(MAPS, held[-1][1], late)
    assert late.killed


def test_a_quick_second_choice_does_not_undo_the_first():
    book, shown = Visitors(2), Visit(tokenizer="one", code=3, token=4)
    anna, bob = (book.enter(name).part(Wish) for name in ("anna", "bob"))
    anna.shown = bob.shown = shown
    assert anna.get() is shown
    assert anna.change(tokenizer="two") == Visit(tokenizer="two")
    assert anna.change(picture="coffee") == Visit(tokenizer="two", picture="coffee")
    assert bob.change(picture="coffee") == Visit(tokenizer="one", picture="coffee")
    assert anna.get() == Visit(tokenizer="two", picture="coffee")
    anna.set(shown)  # a choice that failed
    assert anna.change(side_px=512) == Visit(tokenizer="one", side_px=512)
    book.leave_all()
