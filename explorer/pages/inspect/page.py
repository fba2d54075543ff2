"""The Inspect page: one picture, sound or clip through one tokenizer, everything linked.

Choices are a `Visit` in the visitor's state. Whatever fails leaves the last good result on the screen and says why
under the strip of samples.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

import gradio as gr

from explorer.foundation.errors import Cancelled, ExplorerError, plain_words
from explorer.foundation.owners import owner
from explorer.media.samples import SAMPLES
from explorer.pages.bring import events as loading
from explorer.pages.edit import events as edit_events
from explorer.pages.inspect import events, media
from explorer.pages.inspect.alone import alone_ask
from explorer.pages.inspect.usage import usage_ask
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.inputs import FileInput, PictureInput
from explorer.pages.shared.presence import UNTIL
from explorer.pages.shared.session import SIDES_PX, UPLOADED, Visit, suited, visit_from_query
from explorer.pages.shared.turns import MAPS, Turns
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.visitors import Visitor, visitors
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.views.edit.view import EditView
from explorer.views.inspect.card.card import CodeCard
from explorer.views.inspect.facts import TokenizerFacts
from explorer.views.inspect.facts import payload as facts_payload
from explorer.views.inspect.player.player import Player
from explorer.views.inspect.reconstruction.reconstruction import ReconstructionView
from explorer.views.inspect.view import InspectView
from explorer.views.kit.page import address
from explorer.views.kit.page.address import AddressBar
from explorer.views.kit.widgets import export_bar, folds
from explorer.views.kit.widgets.export_bar import ExportBar
from explorer.views.kit.widgets.folds import FOLD, Folds
from explorer.views.kit.widgets.sample_strip import SampleStrip

OUTPUTS = 9  # values of `_all`
FOLDS = {
    "fold-own": "Your own picture, sound or clip",
    "fold-facts": "Facts, licence, size",
    "fold-bring": "Bring a tokenizer",
}
WHAT_BECOMES = f"Only you see it. It lies on this server, and is deleted {UNTIL}."


def build() -> None:
    """Lay out the page and wire it, inside a `gr.Blocks`."""
    state = gr.State(Visit(), time_to_live=3600)
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
        with gr.Column(elem_id="fold-own", elem_classes=FOLD):
            gr.Markdown(WHAT_BECOMES, elem_classes="said-before")
            file = FileInput(label="A picture, sound or clip", height=110, elem_id="upload-file")
            upload = PictureInput(
                sources=["upload", "clipboard", "webcam"], label="Or a picture", height=300, elem_id="upload"
            )
        with gr.Column(elem_id="fold-facts", elem_classes=FOLD):
            facts = TokenizerFacts()
            side = gr.Radio(
                [(f"{px} px", px) for px in SIDES_PX], value=SIDES_PX[0], label="Longest side", elem_id="side"
            )
        with gr.Column(elem_id="fold-bring", elem_classes=FOLD):
            panel = loading.build()
    with gr.Row(elem_id="linked"):  # a CSS grid, which the panels of the view and the card share
        with gr.Column(elem_id="area-view"):
            player = Player()
            view = InspectView(elem_id="inspect-view", server_functions=[usage_ask])
        with gr.Column(elem_id="area-card"):
            card = CodeCard(server_functions=[alone_ask])
        with gr.Column(elem_id="area-after"):
            reconstruction = ReconstructionView()
            exports = ExportBar()
            editor = EditView(server_functions=[edit_ask])
    bar = AddressBar()

    results = [view, player, reconstruction, card, bar, editor]
    chosen = [state, strip, facts, *results]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    opened = gr.on([gr.context.Context.root_block.load], _open, None, chosen, **quiet)
    quick = quiet | {"trigger_mode": "multiple"}  # a choice while another is being shown counts; the newest wins
    runs = [
        strip.pick(_pick_sample, state, chosen, **quick),
        upload.input(_pick_upload, [state, upload], chosen, **quick),
        file.upload(_pick_upload, [state, file], chosen, **quick),
        tokenizer.input(_pick_tokenizer, [state, tokenizer], chosen, **quick),
        panel.brought(_pick_brought, state, chosen, **quick),
        panel.removed(_pick_removed, state, chosen, **quick),
        side.input(_pick_side, [state, side], chosen, **quick),
    ]
    file.upload(lambda: None, None, file, queue=False, **quiet)  # ready for the next one
    for run in [opened, *runs]:
        run.then(_choices, state, [tokenizer, side], queue=False, **quick)
        run.success(_maps, state, view, concurrency_limit=4, **quick)
        run.success(_first_card, state, card, queue=False, **quick)
    view.select(_select, state, [card], queue=False, **quick)
    view.levels(_levels, state, [player, reconstruction, bar], queue=False, **quick)
    view.umap(_lay_out, state, view, concurrency_limit=4, **quick)
    exports.export(_export, state, exports, **quiet)
    gr.context.Context.root_block.unload(_leave)


def _listed() -> list[tuple[str, str]]:
    """Label and id of every tokenizer that is here by now: visitors bring more while the server runs."""
    return [(media.label_of(spec), spec.id) for spec in list_tokenizers()]


def edit_ask(request: dict) -> str:
    """One answer of the token editor, as JSON; not through the queue, so that a stroke is shown at once."""
    return edit_events.ask(request)


def _all(request: gr.Request, visit: Visit, before: Visit, message: str = "", kind: str = "error") -> Iterator[tuple]:
    """Values of state, strip, facts and results; if they cannot be made, why, and the rest as it was.

    Words about progress come first where it takes its time. It ends with a skip, as `_maps` does and for its reason.
    """
    page = _page(request)
    turns, wish = page.part(Turns), page.part(Wish)
    turn = turns.begin(MAPS)  # ends the UMAP of what was shown before
    try:
        visit, said = media.settled(visit)
        message, kind = (message, kind) if not said else (" ".join(filter(None, (message, said))), "note")
        wish.set(visit)
        visit = replace(visit, turn=turn)
        spec = media.spec_of(visit.tokenizer)
        words = media.size_words(spec) if spec else visit.tokenizer
        for line in media.progress(functools.partial(runtime.record_of, visit), words, runtime.key_of(visit)):
            if not turns.holds(MAPS, turn):
                yield (gr.skip(),) * OUTPUTS
                return
            yield _only_strip(events.busy_value(visit, line))
        spec = load_tokenizer(visit.tokenizer).spec
        strip = events.strip_value(visit, message, kind)
        results = (*events.everything(visit), edit_events.opening(visit, page))
        made = (visit, strip, facts_payload(spec, runtime.record_of(visit)), *results)
    except Exception as error:
        made = _only_strip(events.strip_value(before, plain_words(error)))
        if turns.holds(MAPS, turn):
            wish.set(before)
    if turns.holds(MAPS, turn):
        yield made
    yield (gr.skip(),) * OUTPUTS


def _choices(visit: Visit, request: gr.Request) -> tuple[dict, dict]:
    """The list of tokenizers, with all that are here by now, and the longest sides, as the visitor wants them now.

    No part of `_all`: the browser patches what a generator sends in place, so that an update followed at once by
    another value is lost in a page that is slow to draw it.
    """
    wanted = _page(request).part(Wish).get(visit)
    spec = media.spec_of(wanted.tokenizer)
    side = gr.update(value=wanted.side_px, visible=media.has_side(spec)) if spec else gr.skip()
    return gr.update(choices=_listed(), value=wanted.tokenizer), side


def _page(request: gr.Request) -> Visitor:
    return visitors.enter(request.session_hash or "")


def _only_strip(value: str) -> tuple:
    return (gr.skip(), value, *[gr.skip()] * (OUTPUTS - 2))


def _open(request: gr.Request) -> Iterator[tuple]:
    """A page was opened, perhaps by a link."""
    ids = [spec.id for spec in list_tokenizers()]
    visit, said = visit_from_query(dict(request.query_params), ids)
    if not ids:
        words = "There is no checkpoint. `python -m explorer train vq-ema-reseed` makes one."
        yield (visit, *_only_strip(events.strip_value(visit, words))[1:])
        return
    spec = media.spec_of(visit.tokenizer)
    if spec and "picture" not in request.query_params:  # nobody has chosen one yet, so nothing need be said or kept
        visit = replace(suited(visit, spec.modality)[0], before=())
    _page(request).part(Wish).set(visit)
    yield from _all(request, visit, visit, " ".join(said), "note")


def _pick_sample(visit: Visit, event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    name = str(event.id)
    modality = SAMPLES[name].modality if name in SAMPLES else "image"
    yield from _pick(request, visit, picture=name, upload=None, modality=modality)


def _pick_upload(visit: Visit, path: str | None, request: gr.Request) -> Iterator[tuple]:
    """A file was uploaded, pasted or taken; clearing the input, or a paste under way, keeps what is shown."""
    if path is None:
        yield (gr.skip(),) * OUTPUTS
        return
    try:
        files.claim([path], owner())
    except ExplorerError as error:
        yield _only_strip(events.strip_value(visit, str(error)))
        return
    yield from _pick(request, visit, picture=UPLOADED, upload=path, modality="")


def _pick_tokenizer(visit: Visit, tokenizer: str, request: gr.Request) -> Iterator[tuple]:
    if _page(request).part(Wish).get(visit).tokenizer == tokenizer:  # the list says it twice
        yield (gr.skip(),) * OUTPUTS
        return
    yield from _pick(request, visit, tokenizer=tokenizer)


def _pick_brought(visit: Visit, event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    """A tokenizer was loaded in the panel, or was there already: show it."""
    yield from _pick(request, visit, tokenizer=str(event.id))


def _pick_removed(visit: Visit, event: gr.EventData, request: gr.Request) -> Iterator[tuple]:
    """One of the visitor's own tokenizers was taken back: another is shown if it was that one, and none lists it."""
    wanted = _page(request).part(Wish).get(visit)
    specs = list_tokenizers()
    if wanted.tokenizer != str(event.id) or not specs:
        yield (gr.skip(),) * OUTPUTS
        return
    yield from _pick(request, visit, tokenizer=specs[0].id)


def _pick_side(visit: Visit, side: int, request: gr.Request) -> Iterator[tuple]:
    yield from _pick(request, visit, side_px=int(side))


def _pick(request: gr.Request, visit: Visit, **choices: object) -> Iterator[tuple]:
    return _all(request, _page(request).part(Wish).change(visit, **choices), visit)


def _first_card(visit: Visit, request: gr.Request) -> object:
    """The card of the code that is open although nobody chose one; nothing if something was chosen meanwhile."""
    if events.is_chosen(visit):
        return gr.skip()
    turns = _page(request).part(Turns)
    try:
        card = events.card_value(visit)
    except ExplorerError:
        return gr.skip()  # the place of the picture says why
    late = turns.begun_since("select", visit.turn)
    return card if turns.holds(MAPS, visit.turn) and not late else gr.skip()


def _maps(visit: Visit, request: gr.Request) -> object:
    """The slices, and the UMAPs that need no work."""
    if not _page(request).part(Turns).holds(MAPS, visit.turn):
        return gr.skip()
    try:
        return events.with_kept_maps(visit)
    except ExplorerError as error:
        return events.shown(visit, {}, str(error))


def _lay_out(visit: Visit, request: gr.Request) -> Iterator:
    """A UMAP was asked for: a failure leaves the maps that are there and is said under them.

    It begins and ends with a skip: Gradio empties the view if nothing is yielded, and sends the last value once more
    when a generator ends, which may be after something newer was shown.
    """
    turns = _page(request).part(Turns)
    yield gr.skip()
    if turns.holds(MAPS, visit.turn):
        try:
            for value in events.umap_steps(visit, turns, visit.turn):
                if not turns.holds(MAPS, visit.turn):
                    break
                yield value
        except Cancelled:
            pass  # something newer is being shown
        except ExplorerError as error:
            yield events.shown(visit, {}, str(error))
    yield gr.skip()


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: nothing goes on for it."""
    visitors.leave(request.session_hash or "")


def _select(visit: Visit, event: gr.EventData, request: gr.Request) -> str | dict:
    """A code was clicked: fill its card. The selection itself lives in the browser."""
    token = getattr(event, "token", None)
    visit = replace(visit, level=int(event.level), code=int(event.code), token=token if token != -1 else None)
    return _newest(request, "select", lambda: (events.card_value(visit),), 1)[0]  # of one output Gradio takes no tuple


def _levels(visit: Visit, event: gr.EventData, request: gr.Request) -> tuple:
    """Another level, or another way to decode the levels."""
    visit = replace(visit, level=int(event.level), mode=str(event.mode))
    return _newest(request, "levels", lambda: (*events.decoded_values(visit), address.payload(visit.query())), 3)


def _newest(request: gr.Request, thing: str, values: Callable[[], tuple], count: int) -> tuple:
    """The `count` values, or nothing if the visitor has asked again meanwhile: clicks may overtake each other."""
    turns = _page(request).part(Turns)
    turn = turns.begin(thing)
    try:
        made = values()
    except Exception as error:
        gr.Warning(plain_words(error))
        return (gr.skip(),) * count
    return made if turns.holds(thing, turn) else (gr.skip(),) * count


_serial = iter(range(1, 2**62)).__next__  # only to tell two values apart


def _export(visit: Visit, event: gr.EventData) -> str:
    try:
        file = events.export(visit, str(event.kind), int(event.level))
    except Exception as error:
        return export_bar.payload(None, plain_words(error), _serial())
    return export_bar.payload(file, f"Saved {file.name}, {len(file.data) / 1024:,.0f} KiB.", _serial())
