"""The Inspect page: one picture, sound or clip through one tokenizer, everything linked.

What is chosen comes in by the bar, one event a choice; the results are one component, which asks for what follows
(`answers`). Whatever fails leaves the last good result on the screen and says why under the strip of samples.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

import gradio as gr

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, plain_words
from explorer.foundation.owners import owner
from explorer.media.samples import SAMPLES
from explorer.pages.bring import events as loading
from explorer.pages.edit import events as edit_events
from explorer.pages.inspect import answers, events, media
from explorer.pages.inspect.alone import alone_ask
from explorer.pages.inspect.link import linked_visit
from explorer.pages.inspect.requests import Link
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.fields import Name, read_request
from explorer.pages.shared.inputs import FileInput, PictureInput
from explorer.pages.shared.presence import UNTIL
from explorer.pages.shared.session import SIDES_PX, UPLOADED, Visit, whole_number
from explorer.pages.shared.turns import MAPS, Turns
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.visitors import Visitor, visitors
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.views.inspect.facts import TokenizerFacts
from explorer.views.inspect.facts import payload as facts_payload
from explorer.views.inspect.page import InspectPage
from explorer.views.inspect.page import payload as page_payload
from explorer.views.inspect.recorder import recorder as recording
from explorer.views.inspect.recorder.recorder import Recorder
from explorer.views.kit.widgets import folds, sample_strip
from explorer.views.kit.widgets.folds import FOLD, Folds
from explorer.views.kit.widgets.sample_strip import SampleStrip

OWN_FOLD = "fold-own"
FOLDS = {
    OWN_FOLD: "Your own file",
    "fold-facts": "Facts, licence, size",
    "fold-bring": "Bring a tokenizer",
}
MEDIA = "A picture, sound, clip, series or graph (.csv, .npy, .tsv)"
WHAT_BECOMES = f"Only you see it. It lies on this server, and is deleted {UNTIL}."


@dataclass(frozen=True)
class Pick:
    """id: of a sample, or of a tokenizer."""

    id: Name


def build() -> None:
    """Lay out the page and wire it, inside a `gr.Blocks`."""
    with gr.Row(elem_id="choices"):  # a CSS grid: one slim bar, and below it what is folded away
        strip = SampleStrip()
        tokenizer = gr.Dropdown(
            _listed(),
            label="Tokenizer",
            show_label=False,
            container=False,
            elem_id="tokenizer",
            filterable=False,
        )
        Folds(folds.payload(FOLDS))
        with gr.Column(elem_id=OWN_FOLD, elem_classes=FOLD):
            gr.Markdown(WHAT_BECOMES, elem_classes="said-before")
            file = FileInput(
                label="A picture, sound, clip, series (.csv, .npy) or graph (.tsv, .edgelist)",
                height=150,  # its label lies within
                elem_id="upload-file",
            )
            upload = PictureInput(
                sources=["upload", "clipboard", "webcam"], label="Or a picture", height=260, elem_id="upload"
            )
            recorder = Recorder(recording.payload(settings().limits.audio_seconds))
        with gr.Column(elem_id="fold-facts", elem_classes=FOLD):
            facts = TokenizerFacts()
            side = gr.Radio(
                [(f"{px} px", px) for px in SIDES_PX], value=SIDES_PX[0], label="Longest side", elem_id="side"
            )
        with gr.Column(elem_id="fold-bring", elem_classes=FOLD):
            panel = loading.build()
    with gr.Row(elem_id="linked"):  # a CSS grid, which the areas of the results share
        results = InspectPage(server_functions=[inspect_ask, alone_ask, edit_ask])

    root = gr.context.Context.root_block
    screen = [strip, facts, results]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    quick = quiet | {"trigger_mode": "multiple"}  # a choice while another is being shown counts; the newest wins
    runs = [
        gr.on([root.load], _open, None, screen, **quiet),
        results.visit(_visit, None, screen, **quick),
        strip.pick(_pick_sample, None, screen, **quick),
        upload.input(_pick_file, upload, screen, **quick),
        file.upload(_pick_file, file, screen, **quick),
        recorder.recorded(_pick_recording, None, screen, **quick),
        tokenizer.input(_pick_tokenizer, tokenizer, screen, **quick),
        panel.brought(_pick_brought, None, screen, **quick),
        panel.removed(_pick_removed, None, screen, **quick),
        side.input(_pick_side, side, screen, **quick),
    ]
    file.upload(lambda: None, None, file, queue=False, **quiet)  # ready for the next one
    upload.input(lambda path: gr.skip() if path is None else None, upload, upload, queue=False, **quiet)
    for run in runs:
        run.then(_choices, None, [tokenizer, side], queue=False, **quick)
    root.unload(_leave)


def _listed() -> list[tuple[str, str]]:
    """Label and id of every tokenizer that is here by now: visitors bring more while the server runs."""
    return [(media.label_of(spec), spec.id) for spec in list_tokenizers()]


def inspect_ask(request: dict) -> str:
    """One answer of the results, as JSON; not through the queue, as that of the editor, so that a stroke is shown at
    once."""
    return answers.ask(request)


def edit_ask(request: dict) -> str:
    """One answer of the token editor, as JSON."""
    return edit_events.ask(request)


@dataclass(frozen=True)
class Filling:
    """What an event fills: the strip, and where something new is shown the facts and the results."""

    strip: str
    facts: str | None = None
    results: str | None = None

    def values(self) -> tuple:
        """As Gradio takes them."""
        return tuple(gr.skip() if value is None else value for value in (self.strip, self.facts, self.results))


NOTHING = (gr.skip(), gr.skip(), gr.skip())


def _all(page: Visitor, visit: Visit, message: str = "", kind: str = "error") -> Iterator[tuple]:
    """Show a visit; if it cannot be made, say why, and leave the rest as it was.

    Words about progress come first where it takes its time. It ends with nothing new: Gradio sends the last value once
    more when a generator ends, which may be after something newer was shown.
    """
    turns, wish = page.part(Turns), page.part(Wish)
    before, turn = wish.shown, turns.begin(MAPS)
    try:
        visit, said = media.settle(visit)
        message, kind = (message, kind) if not said else (" ".join(filter(None, (message, said))), "note")
        wish.set(visit)
        visit = replace(visit, turn=turn)
        spec = media.spec_of(visit.tokenizer)
        words = media.size_words(spec) if spec else visit.tokenizer
        for line in media.progress(functools.partial(runtime.record_of, visit), words, runtime.key_of(visit)):
            if not turns.holds(MAPS, turn):
                yield NOTHING
                return
            yield Filling(events.busy_value(visit, line)).values()
        made = _made(page, visit, message, kind)
        if turns.holds(MAPS, turn):
            wish.show(visit)
            yield made.values()
    except Exception as error:
        if turns.holds(MAPS, turn):
            wish.set(before)
            yield Filling(events.strip_value(before, plain_words(error))).values()
    yield NOTHING


def _made(page: Visitor, visit: Visit, message: str, kind: str) -> Filling:
    parts = events.everything(visit) | {"editor": edit_events.opening(visit, page)}
    return Filling(
        events.strip_value(visit, message, kind),
        facts_payload(load_tokenizer(visit.tokenizer).spec, runtime.record_of(visit)),
        page_payload(page.token, visit.turn, parts, events.is_chosen(visit)),
    )


def _choices(request: gr.Request) -> tuple[dict, dict]:
    """The list of tokenizers, with all that are here by now, and the longest sides, as the visitor wants them now.

    No part of `_all`: the browser patches what a generator sends in place, so that an update followed at once by
    another value is lost in a page that is slow to draw it.
    """
    wanted = _page(request).part(Wish).get()
    spec = media.spec_of(wanted.tokenizer)
    side = gr.update(value=wanted.side_px, visible=media.has_side(spec)) if spec else gr.skip()
    return gr.update(choices=_listed(), value=wanted.tokenizer), side


def _page(request: gr.Request) -> Visitor:
    return visitors.enter(request.session_hash or "")


def _open(request: gr.Request) -> Iterator[tuple]:
    """A page was opened, perhaps by a link."""
    page = _page(request)
    visit, said = linked_visit(dict(request.query_params))
    if not visit.tokenizer:
        words = "There is no checkpoint. `python -m explorer train vq-ema-reseed` makes one."
        yield Filling(events.strip_value(visit, words)).values()
        return
    wish = page.part(Wish)
    wish.shown = visit
    wish.set(visit)
    yield from _all(page, visit, said, "note")


def _visit(event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    """A page that is open is to show what another link names; the visitor's last file on it is still here."""
    page = _page(request)
    try:
        query = dict(parse_qsl(read_request(Link, event._data if isinstance(event._data, dict) else {}).query))
    except ExplorerError:
        query = {}
    visit, said = linked_visit(query)
    own = page.part(Wish).own
    if own and query.get("picture") == UPLOADED:
        begins = whole_number(query.get("from")) or 0
        visit, said = replace(visit, picture=UPLOADED, upload=own.upload, modality=own.modality, from_s=begins), ""
    yield from _all(page, visit, said, "note")


def _pick_sample(event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    name = _picked(event)
    modality = SAMPLES[name].modality if name in SAMPLES else "image"
    yield from _pick(request, picture=name, upload=None, from_s=0, modality=modality)


def _pick_upload(path: str | None, request: gr.Request) -> Iterator[tuple]:
    """A file was uploaded, pasted or taken; clearing the input, or a paste under way, keeps what is shown."""
    if path is None:
        yield NOTHING
        return
    try:
        files.claim([path], owner())
    except ExplorerError as error:
        yield Filling(events.strip_value(_page(request).part(Wish).shown, str(error))).values()
        return
    yield from _pick(request, picture=UPLOADED, upload=path, from_s=0, modality="")


def _pick_file(path: str | None, request: gr.Request) -> Iterator[tuple]:
    """As `_pick_upload`; where the file is shown, the panel that took it is closed, since its work is done."""
    for strip, facts, results in _pick_upload(path, request):
        shown = isinstance(results, str)
        yield sample_strip.closing(strip, OWN_FOLD) if shown else strip, facts, results


def _pick_recording(event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    """What was recorded was sent as a file."""
    path = getattr(event, "path", None)
    yield from _pick_upload(path if isinstance(path, str) else None, request)


def _pick_tokenizer(tokenizer: str, request: gr.Request) -> Iterator[tuple]:
    if _page(request).part(Wish).get().tokenizer == tokenizer:  # the list says it twice
        yield NOTHING
        return
    yield from _pick(request, tokenizer=tokenizer)


def _pick_brought(event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    """A tokenizer was loaded in the panel, or was there already: show it."""
    yield from _pick(request, tokenizer=_picked(event))


def _pick_removed(event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    """One of the visitor's own tokenizers was taken back: another is shown if it was that one, and none lists it."""
    specs = list_tokenizers()
    if _page(request).part(Wish).get().tokenizer != _picked(event) or not specs:
        yield NOTHING
        return
    yield from _pick(request, tokenizer=specs[0].id)


def _pick_side(side: int, request: gr.Request) -> Iterator[tuple]:
    yield from _pick(request, side_px=int(side))


def _pick(request: gr.Request, **choices: object) -> Iterator[tuple]:
    page = _page(request)
    return _all(page, page.part(Wish).change(**choices))


def _picked(event: gr.EventData) -> str:
    """The id that an event names, "" for nonsense, of which there is none."""
    try:
        return read_request(Pick, event._data if isinstance(event._data, dict) else {}).id
    except ExplorerError:
        return ""


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: nothing goes on for it."""
    visitors.leave(request.session_hash or "")
