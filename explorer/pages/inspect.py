"""The Inspect page: one picture through one tokenizer, everything linked.

Choices are a `Visit` in the visitor's state. Whatever fails leaves the last good result on the screen and says why
under the strip of pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import gradio as gr

from explorer.errors import Cancelled, ExplorerError, plain_words
from explorer.pages import edit_events, runtime
from explorer.pages import inspect_events as events
from explorer.pages.inspect_payloads import reconstruction_payload
from explorer.pages.session import SIDES_PX, UPLOADED, Visit, visit_from_query
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.views import address, export_bar
from explorer.views.address import AddressBar
from explorer.views.code_card import CodeCard
from explorer.views.edit_view import EditView
from explorer.views.export_bar import ExportBar
from explorer.views.inspect_view import InspectView
from explorer.views.reconstruction import ReconstructionView
from explorer.views.sample_strip import SampleStrip
from explorer.views.tokenizer_facts import TokenizerFacts
from explorer.views.tokenizer_facts import payload as facts_payload


class PictureInput(gr.Image):
    """gr.Image that hands over the uploaded file itself: reading it, with all that can go wrong, is ours."""

    is_template = True  # the browser knows it as an image

    def preprocess(self, payload) -> str | None:
        return None if payload is None else payload.path


def build() -> None:
    """Lay out the page and wire it, inside a `gr.Blocks`."""
    specs = list_tokenizers()
    state = gr.State(Visit(), time_to_live=3600)
    with gr.Row(elem_id="choices"):
        with gr.Column(scale=5, min_width=320):
            gr.Markdown("### Picture")
            strip = SampleStrip()
            with gr.Accordion("Your own picture: upload, paste or webcam", open=False):
                upload = PictureInput(
                    sources=["upload", "clipboard", "webcam"], label="Your picture", height=300, elem_id="upload"
                )
            side = gr.Radio(
                [(f"{px} px", px) for px in SIDES_PX], value=SIDES_PX[0], label="Longest side", elem_id="side"
            )
        with gr.Column(scale=4, min_width=320):
            gr.Markdown("### Tokenizer")
            tokenizer = gr.Dropdown(
                [(spec.title, spec.id) for spec in specs],
                label="Tokenizer",
                show_label=False,
                elem_id="tokenizer",
                filterable=False,
            )
            facts = TokenizerFacts()
    with gr.Row(elem_id="linked"):  # a CSS grid: wide, the card stands beside the rest; narrow, right after the view
        with gr.Column(elem_id="area-view"):
            view = InspectView(elem_id="inspect-view")
        with gr.Column(elem_id="area-card"):
            card = CodeCard()
        with gr.Column(elem_id="area-after"):
            reconstruction = ReconstructionView()
            exports = ExportBar()
            editor = EditView(server_functions=[edit_ask])
    bar = AddressBar()

    results = [view, reconstruction, card, bar, editor]
    chosen = [state, strip, facts, *results]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    opened = gr.on([gr.context.Context.root_block.load], _open, None, [*chosen, tokenizer, side], **quiet)
    quick = quiet | {"trigger_mode": "multiple"}  # a choice while another is being shown counts; the newest wins
    runs = [
        strip.pick(_pick_sample, state, chosen, **quick),
        upload.input(_pick_upload, [state, upload], chosen, **quick),
        tokenizer.input(_pick_tokenizer, [state, tokenizer], chosen, **quick),
        side.input(_pick_side, [state, side], chosen, **quick),
    ]
    for run in [opened, *runs]:
        run.success(_maps, state, view, concurrency_limit=4, **quick)
    view.select(_select, state, [card], queue=False, **quick)
    view.levels(_levels, state, [reconstruction, bar], queue=False, **quick)
    exports.export(_export, state, exports, **quiet)
    gr.context.Context.root_block.unload(_leave)


def edit_ask(request: dict) -> str:
    """One answer of the token editor, as JSON; not through the queue, so that a stroke is shown at once."""
    return edit_events.ask(request if isinstance(request, dict) else {})


def _all(request: gr.Request, visit: Visit, before: Visit, message: str = "", kind: str = "error") -> tuple:
    """Values of state, strip, facts and all results; if they cannot be made, why, and everything else as it was."""
    session = request.session_hash
    turn = runtime.turns.begin(session, runtime.MAPS)  # ends the UMAP of what was shown before
    visit = replace(visit, turn=turn)
    try:
        spec = load_tokenizer(visit.tokenizer).spec
        strip = events.strip_value(visit, message, kind)
        made = (visit, strip, facts_payload(spec), *events.everything(visit), edit_events.opening(visit))
    except Exception as error:
        kept = events.strip_value(before, plain_words(error))
        if runtime.turns.holds(session, runtime.MAPS, turn):
            runtime.intents.set(session, before)
        made = (gr.skip(), kept, *[gr.skip()] * 6)
    return made if runtime.turns.holds(session, runtime.MAPS, turn) else (gr.skip(),) * 8


def _open(request: gr.Request) -> tuple:
    """A page was opened, perhaps by a link."""
    ids = [spec.id for spec in list_tokenizers()]
    visit, said = visit_from_query(dict(request.query_params), ids)
    if not ids:
        empty = events.strip_value(visit, "There is no checkpoint. `python -m explorer train vq-ema-reseed` makes one.")
        return (visit, empty, *[gr.skip()] * 8)
    runtime.intents.set(request.session_hash, visit)
    return (*_all(request, visit, visit, " ".join(said), "note"), visit.tokenizer, visit.side_px)


def _pick_sample(visit: Visit, event: gr.EventData, request: gr.Request) -> tuple:
    return _pick(request, visit, picture=str(event.id), upload=None)


def _pick_upload(visit: Visit, path: str | None, request: gr.Request) -> tuple:
    """A picture was uploaded, pasted or taken; clearing the input, or a paste under way, keeps what is shown."""
    if path is None:
        return (gr.skip(),) * 8
    return _pick(request, visit, picture=UPLOADED, upload=path)


def _pick_tokenizer(visit: Visit, tokenizer: str, request: gr.Request) -> tuple:
    return _pick(request, visit, tokenizer=tokenizer)


def _pick_side(visit: Visit, side: int, request: gr.Request) -> tuple:
    return _pick(request, visit, side_px=int(side))


def _pick(request: gr.Request, visit: Visit, **choices: object) -> tuple:
    return _all(request, runtime.intents.change(request.session_hash, visit, **choices), visit)


def _maps(visit: Visit, request: gr.Request) -> Iterator:
    """The maps that take longer; a failure leaves those that are there and is said under the map.

    It begins and ends with a skip: Gradio empties the view if nothing is yielded, and sends the last value once more
    when a generator ends, which may be after something newer was shown.
    """
    session = request.session_hash
    yield gr.skip()
    if runtime.turns.holds(session, runtime.MAPS, visit.turn):
        try:
            for value in events.umap_steps(visit, session, visit.turn):
                if not runtime.turns.holds(session, runtime.MAPS, visit.turn):
                    break
                yield value
        except Cancelled:
            pass  # something newer is being shown
        except ExplorerError as error:
            yield events.shown(visit, {}, str(error))
    yield gr.skip()


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: nothing goes on for it."""
    runtime.turns.begin(request.session_hash, runtime.MAPS)


def _select(visit: Visit, event: gr.EventData, request: gr.Request) -> tuple:
    """A code was clicked: fill its card. The selection itself lives in the browser."""
    token = getattr(event, "token", None)
    visit = replace(visit, level=int(event.level), code=int(event.code), token=token if token != -1 else None)
    return _newest(request, "select", lambda: (events.card_value(visit),), 1)


def _levels(visit: Visit, event: gr.EventData, request: gr.Request) -> tuple:
    """Another level, or another way to decode the levels."""
    visit = replace(visit, level=int(event.level), mode=str(event.mode))

    def values() -> tuple:
        record = runtime.record_of(visit)
        decoded = reconstruction_payload(record, load_tokenizer(visit.tokenizer), visit)
        return decoded, address.payload(visit.query())

    return _newest(request, "levels", values, 2)


def _newest(request: gr.Request, thing: str, values: Callable[[], tuple], count: int) -> tuple:
    """The `count` values, or nothing if the visitor has asked again meanwhile: clicks may overtake each other."""
    turn = runtime.turns.begin(request.session_hash, thing)
    try:
        made = values()
    except Exception as error:
        gr.Warning(plain_words(error))
        return (gr.skip(),) * count
    return made if runtime.turns.holds(request.session_hash, thing, turn) else (gr.skip(),) * count


_serial = iter(range(1, 2**62)).__next__  # only to tell two values apart


def _export(visit: Visit, event: gr.EventData) -> str:
    try:
        file = events.export(visit, str(event.kind), int(event.level))
    except Exception as error:
        return export_bar.payload(None, plain_words(error), _serial())
    return export_bar.payload(file, f"Saved {file.name}, {len(file.data) / 1024:,.0f} KiB.", _serial())
