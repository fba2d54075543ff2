"""Every request that a page registers: what is missing, of a wrong type, out of range or huge is refused at its field.

Faults are made from the declared fields, so that a request that is added is tested with the others; what a value of
each kind may not be is listed here, apart from the code that checks it.
"""

import json
import re
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields, replace
from pathlib import Path
from typing import Annotated, get_args

import pytest

from explorer.figures.theme import Theme
from explorer.foundation.errors import BUG, Cancelled, ExplorerError, FieldError
from explorer.foundation.owners import owner
from explorer.pages import app
from explorer.pages.bring import events as bring_events
from explorer.pages.codebook import events as codebook_events
from explorer.pages.codebook import figures as codebook_figures
from explorer.pages.compare import events as compare_events
from explorer.pages.edit import events as edit_events
from explorer.pages.experiments import events as experiments_events
from explorer.pages.inspect import alone as inspect_alone
from explorer.pages.inspect import answers as inspect_answers
from explorer.pages.lab import desk as lab_desk
from explorer.pages.lab import events as lab_events
from explorer.pages.language import events as language_events
from explorer.pages.learn import events as learn_events
from explorer.pages.replay import events as replay_events
from explorer.pages.shared import fields as rules
from explorer.pages.shared.dispatch import Dispatcher, Event
from explorer.pages.shared.fields import Index, Name, at_field, read_request, rules_of
from explorer.pages.shared.figures import Themed

PAGES = Path(app.__file__).parent
DISPATCHERS = {
    "bring": bring_events.EVENTS,
    "codebook": codebook_events.EVENTS,
    "compare": compare_events.EVENTS,
    "edit": edit_events.EVENTS,
    "experiments": experiments_events.EVENTS,
    "inspect": inspect_answers.EVENTS,
    "inspect card": inspect_alone.EVENTS,
    "lab": lab_events.EVENTS,
    "language": language_events.EVENTS,
    "lab pull": lab_desk.PULL,
    "lab run": lab_desk.ACTIONS,
    "learn": learn_events.EVENTS,
    "replay": replay_events.ACTIONS,
    "replay pull": replay_events.PULL,
}
EVERY = [(page, name) for page, dispatcher in DISPATCHERS.items() for name in dispatcher.events]
DEEP = []
for _ in range(5000):
    DEEP = [DEEP]
HOSTILE = (10**400, -(10**400), "x" * 5_000_000, [0] * 1_000_000, ["x" * 1_000_000] * 20, DEEP, {"a": DEEP}, 1e308)
MANY = {str(n): n for n in range(100_000)}
HOSTILE += (float("nan"), float("inf"), "\ud800", "\x00" * 300, MANY)


def fitting(rule):
    """A value that the rule takes."""
    match rule:
        case rules.Whole() | rules.Number():
            return max(rule.least, 0)
        case rules.Flag():
            return True
        case rules.Text():
            return "x"
        case rules.OneOf():
            return rule.options[-1]
        case rules.Several():
            return [fitting(rule.of)] * max(rule.least, 1)
        case rules.Entries():
            return {"name": [1]}
        case rules.Inside():
            return {name: fitting(one) for name, one, _ in rules_of(rule.kind)}
    raise AssertionError(f"{rule} is of no kind that is known here")


def wrong(rule):
    """Values that the rule must not take: of other types, and just beyond its bounds."""
    match rule:
        case rules.Whole():
            return ["5", 0.5, 1.0, True, [1], {}, rule.least - 1, rule.most + 1]
        case rules.Number():
            return ["5", True, [1], {}, float("nan"), float("inf"), rule.least - 1e15, rule.most * 10]
        case rules.Flag():
            return [0, 1, "true", [], {}]
        case rules.Text():
            return [5, True, ["x"], {}, "x" * (rule.most + 1)]
        case rules.OneOf():
            return ["", "nonsense", [rule.options[0]], {}, True, 0.5]
        case rules.Several():
            inside = [[bad] for bad in wrong(rule.of)] if rule.least < 2 else []
            short = [[fitting(rule.of)] * (rule.least - 1)] if rule.least else []
            return ["x", 5, {}, True, [fitting(rule.of)] * (rule.most + 1), *short, *inside]
        case rules.Entries():
            return ["x", 5, [], True, {str(n): 0 for n in range(rule.most + 1)}]
        case rules.Inside():
            return ["x", 5, [], True]
    raise AssertionError(f"{rule} is of no kind that is known here")


def recording(page, name):
    """A dispatcher of one event of a page, whose handler only writes down what it was called with."""
    called, event = [], DISPATCHERS[page].events[name]
    key = DISPATCHERS[page].key
    one = replace(event, handle=lambda caller, request: called.append(request) or {})
    dispatcher = Dispatcher({name: one}, caller=lambda token: "somebody", key=key)
    payload = {one: fitting(rule) for one, rule, _ in rules_of(event.request)}
    return dispatcher, payload | {key: name}, called


def refused(dispatcher, payload):
    text = dispatcher.ask(payload)
    answer = json.loads(text)
    assert answer["ok"] is False and set(answer) == {"ok", "error"}
    message = answer["error"]["message"]
    assert message.endswith(".") and message != BUG and "Traceback" not in text and len(message) < 600
    return answer["error"]["field"], message


@pytest.mark.parametrize(("page", "name"), EVERY)
def test_a_request_that_fits_is_read_into_its_frozen_dataclass(page, name):
    dispatcher, payload, called = recording(page, name)
    assert json.loads(dispatcher.ask(payload | {"more": 1})) == {"ok": True}
    (request,) = called
    assert type(request) is dispatcher.events[name].request
    for one in fields(request):
        assert getattr(request, one.name) is not None
        with pytest.raises(FrozenInstanceError):
            setattr(request, one.name, 1)


def default_of(kind, name):
    one = next(one for one in fields(kind) if one.name == name)
    return one.default if one.default is not MISSING else one.default_factory()


@pytest.mark.parametrize(("page", "name"), EVERY)
def test_what_is_missing_is_named_and_what_may_be_left_out_is(page, name):
    dispatcher, payload, called = recording(page, name)
    for one, rule, needed in rules_of(dispatcher.events[name].request):
        for less in ({key: value for key, value in payload.items() if key != one}, payload | {one: None}):
            if needed:
                field, message = refused(dispatcher, less)
                assert field == one and (message == rule.say or message == f"The {one.replace('_', ' ')} is missing.")
            else:
                assert json.loads(dispatcher.ask(less))["ok"]
                assert getattr(called[-1], one) == default_of(type(called[-1]), one)
    assert all(isinstance(request, dispatcher.events[name].request) for request in called)


@pytest.mark.parametrize(("page", "name"), EVERY)
def test_wrong_types_and_values_out_of_range_are_refused_at_their_field_and_nothing_is_done(page, name):
    dispatcher, payload, called = recording(page, name)
    for one, rule, _ in rules_of(dispatcher.events[name].request):
        for value in wrong(rule):
            field, message = refused(dispatcher, payload | {one: value})
            assert field == one, (value, message)
            assert message == rule.say or message.startswith(f"The {one.replace('_', ' ')} must be ")
    assert called == []


@pytest.mark.parametrize(("page", "name"), EVERY)
def test_hostile_sizes_are_refused_or_fit_and_never_break_anything(page, name):
    dispatcher, payload, _ = recording(page, name)
    for one, _, _ in rules_of(dispatcher.events[name].request):
        for value in HOSTILE:
            text = dispatcher.ask(payload | {one: value})
            assert len(text) < 2000 and (json.loads(text)["ok"] or json.loads(text)["error"]["field"] == one)
    for whole in HOSTILE:
        assert json.loads(dispatcher.ask(whole))["ok"] is False
    assert len(dispatcher.ask(MANY | payload)) < 100


@pytest.mark.parametrize("page", DISPATCHERS)
def test_a_name_that_is_none_is_answered_with_those_that_are(page):
    dispatcher = DISPATCHERS[page]
    for name in ("dance", "", "x" * 100_000, "__class__", "open ", "\ud800"):
        field, message = refused(dispatcher, {dispatcher.key: name})
        assert field == dispatcher.key and all(known in message for known in dispatcher.events)
    for name in (None, 5, ["open"], {}, True):
        assert refused(dispatcher, {dispatcher.key: name})[0] == dispatcher.key
    for nothing in (None, 5, "open", [], b""):
        assert refused(dispatcher, nothing)[0] == dispatcher.key


@pytest.mark.parametrize("page", [page for page in DISPATCHERS if page not in ("lab pull", "lab run")])
def test_who_is_not_known_is_told_so_before_anything_is_read(page):
    dispatcher = DISPATCHERS[page]
    for name, event in dispatcher.events.items():
        for token in (None, "guess", 5, ["x"], "x" * 100_000):
            if not event.strangers:
                assert refused(dispatcher, {dispatcher.key: name, "token": token}) == (None, dispatcher.gone)


def test_the_options_of_every_figure_are_checked_as_requests_are():
    for name, kind in codebook_figures.OPTIONS.items():
        for option, rule, needed in rules_of(kind):
            assert not needed, "a figure can be drawn as it is"
            for value in wrong(rule):
                with pytest.raises(FieldError) as said:
                    codebook_figures._options(name, {option: value})
                assert said.value.field == option
        with pytest.raises(FieldError, match="'colour'"):
            codebook_figures._options(name, {"colour": "red"})
    assert get_args(Themed)[1].options == get_args(Theme)


def test_every_dispatcher_of_the_pages_is_among_those_that_are_tested_and_no_page_reads_by_hand():
    sources = {path: path.read_text(encoding="utf-8") for path in PAGES.rglob("*.py")}
    made = sum(len(re.findall(r"= Dispatcher\(", text)) for text in sources.values())
    assert made == len(DISPATCHERS) and len(sources) > 40
    by_hand = {
        path.relative_to(PAGES).as_posix(): set(re.findall(r"request\.get\(\"(\w+)", text))
        for path, text in sources.items()
    }
    # The server only sees to which run a request of the lab goes; the run reads it.
    assert {path: names for path, names in by_hand.items() if names} == {"lab/events.py": {"token", "action"}}


@dataclass(frozen=True)
class Wish:
    level: Index
    name: Name = "none"


class Somebody:
    owner = "anna"


def test_what_a_handler_says_reaches_the_page_and_a_bug_only_the_log(caplog):
    def handle(caller, request):
        assert owner() == "anna"
        raise {0: ExplorerError("No room."), 1: FieldError("name", "Not this.", start=3), 2: ZeroDivisionError("1/0")}[
            request.level
        ]

    dispatcher = Dispatcher({"do": Event(handle, Wish)}, caller=lambda token: Somebody())

    def error(level):
        return json.loads(dispatcher.ask({"what": "do", "level": level}))["error"]

    assert error(0) == {"field": None, "message": "No room."}
    assert error(1) == {"field": "name", "message": "Not this.", "start": 3}
    assert not caplog.records
    assert error(2) == {"field": None, "message": BUG} and "ZeroDivisionError" in caplog.text
    assert owner() == ""


def test_a_field_that_says_no_rule_is_found_when_it_is_first_read():
    @dataclass(frozen=True)
    class Plain:
        level: int

    with pytest.raises(TypeError, match="does not say how it is read"):
        read_request(Plain, {"level": 1})
    assert rules_of(Wish) == (("level", rules.Whole(), True), ("name", rules.Text(), False))
    assert Annotated[int, rules.Whole()] == Index


def test_an_error_is_laid_at_the_field_that_was_being_read_unless_it_knows_better():
    def laid(error, **kinds):
        with pytest.raises(type(error) if isinstance(error, (Cancelled, OSError)) else FieldError) as said:  # noqa: SIM117
            with at_field("media", **kinds):
                raise error
        return getattr(said.value, "field", None), str(said.value)

    assert laid(ExplorerError("Gone.")) == ("media", "Gone.")
    assert laid(FieldError("side", "Too long.")) == ("side", "Too long.")
    assert laid(Cancelled("Stopped.")) == (None, "Stopped.") and laid(OSError("disk")) == (None, "disk")
