"""What the page answers: `ask` takes one request of the browser and gives JSON, errors in plain words."""

from __future__ import annotations

import shutil
from typing import Any

from explorer.foundation.errors import ExplorerError, MediaError
from explorer.pages.language import desk, jobs
from explorer.pages.language import requests as asked
from explorer.pages.language.link import OWN
from explorer.pages.shared.dispatch import Dispatcher, Event
from explorer.pages.shared.fields import at_field
from explorer.pages.shared.figures import draw_figure
from explorer.pages.shared.take_uploads import take_uploads
from explorer.pages.shared.visitors import Visitor, visitors
from explorer.prior.sampling import Sampling
from explorer.views.kit.wire.encoding import png_data_url
from explorer.views.language.payload import language_payload, next_payload, picture_payload


def _picture(visitor: Visitor | None, request: asked.OfPicture) -> dict[str, Any]:
    """A picture as the prior reads it, with the surprise of each token."""
    with at_field("picture"):
        found = desk.picture_of(visitor, request.picture)
        return {"read": picture_payload(found.text, *_urls(visitor, request), found.notes)}


def _urls(visitor: Visitor | None, request: asked.OfPicture) -> tuple[str, str]:
    found = desk.picture_of(visitor, request.picture)
    return png_data_url(found.pixels), png_data_url(found.decoded)


def _own(visitor: Visitor, request: asked.Own) -> dict[str, Any]:
    """Take an uploaded picture: it stays chosen until another comes."""
    if len(request.files) != 1:
        raise MediaError("Choose one picture.")
    files = take_uploads(visitor, request.files, "tokenize")
    before, visitor.files = visitor.files, tuple(files)
    try:
        found = desk.picture_of(visitor, OWN)
    except ExplorerError:
        visitor.files = before
        shutil.rmtree(files[0].parent, ignore_errors=True)
        raise
    if before:
        shutil.rmtree(before[0].parent, ignore_errors=True)
    return {"title": files[0].name, "image": png_data_url(found.pixels)}


def _next(visitor: Visitor | None, request: asked.Place) -> dict[str, Any]:
    """What may come at a place, and the picture of the text so far."""
    found, before = _sentence(visitor, request)
    end = len(before)
    at = end if request.at is None else request.at
    if at > end:
        raise ExplorerError(f"The text has {end:,} tokens so far; place {at + 1:,} is not written yet.")
    image = png_data_url(desk.decoded_text(before))
    answer: dict[str, Any] = {"place": at, "length": end, "image": image, "next": None}
    if at < found.text.tokens.size:
        told = desk.prior().next_token(before[:at])
        sampling = _sampling(request)
        real, first = int(found.text.tokens.ravel()[at]), request.given * found.text.tokens.shape[1]
        taken = before[at] if first <= at < end else None
        made = next_payload(told, sampling, real, taken)
        alone = desk.codes_alone([*(one["code"] for one in made["codes"]), real, *([] if taken is None else [taken])])
        made["patches"] = {str(code): png_data_url(pixels) for code, pixels in alone.items()}
        made["draw"] = sampling.draw(told)
        answer["next"] = made
    return answer


def _sentence(visitor: Visitor | None, request: asked.Draws) -> tuple[desk.ReadPicture, list[int]]:
    """The picture, and the tokens so far."""
    with at_field("picture"):
        found = desk.picture_of(visitor, request.picture)
    with at_field("written"):
        return found, desk.sentence_of(found, request.given, request.written)


def _sampling(request: asked.Draws) -> Sampling:
    with at_field("temperature"):
        return Sampling(request.temperature, request.top_k, request.seed)


def _start(visitor: Visitor, request: asked.Draws) -> dict[str, Any]:
    """Continue to the end: {"job"}."""
    found, before = _sentence(visitor, request)
    given = request.given * found.text.tokens.shape[1]
    return {"job": jobs.start(visitor, before, given, _sampling(request)).as_json()}


def _state(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    return {"job": _job(visitor, request).as_json()}


def _stop(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    job = _job(visitor, request)
    job.stop()
    return {"job": job.as_json()}


def _job(visitor: Visitor, request: asked.OfJob) -> jobs.Continuation:
    """The visitor's continuation of that id. Raises ExplorerError if another took its place."""
    job = visitor.job
    if job is None or job.order.id != request.job:
        raise ExplorerError("This text is no longer being written; continue again.")
    return job


def _words(visitor: Visitor | None, request: asked.OfText) -> dict[str, Any]:
    """What is counted of a text, in sentences."""
    return {"language": language_payload(desk.language(visitor, request.picture, request.text))}


def _figure(visitor: Visitor | None, request: asked.Chart) -> str:
    if request.name == "held_out_bits":
        return draw_figure(request.name, desk.facts(), theme=request.theme)
    return draw_figure(request.name, desk.language(visitor, request.picture, request.text), theme=request.theme)


EVENTS = Dispatcher(
    {
        "picture": Event(_picture, asked.OfPicture, strangers=True),
        "own": Event(_own, asked.Own),
        "next": Event(_next, asked.Place, strangers=True),
        "start": Event(_start, asked.Draws),
        "state": Event(_state, asked.OfJob),
        "stop": Event(_stop, asked.OfJob),
        "words": Event(_words, asked.OfText, strangers=True),
        "figure": Event(_figure, asked.Chart, strangers=True),
    },
    caller=lambda token: visitors.get(token),
)
ask = EVENTS.ask
