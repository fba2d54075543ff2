"""The page of a code: its figures, and its exemplars cut from media at hand."""

from __future__ import annotations

from typing import Any

from explorer.analysis.codes.page import CodePage, Exemplar, code_page, duplicates_of, state_words
from explorer.analysis.codes.states import code_states
from explorer.audit.history import UsageHistory, usage_history
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.record import TokenLayout
from explorer.joints.tokenizer import extent_of
from explorer.media.sounds.audio import wav_bytes
from explorer.pages.codebook.audits import OpenAudit, answers, pictures_of, with_pictures
from explorer.tokenizers import load_tokenizer
from explorer.views.codebook.payload_code import CodeView, PicturedToken, code_payload
from explorer.views.kit.wire.encoding import wav_data_url


def code(opened: OpenAudit, level: int, number: int) -> dict[str, Any]:
    """The answer to `code`. Raises RecordError for a level or a code out of range."""
    page = code_page(opened.audit, level, number)
    chosen, book = opened.audit.levels[level], opened.codebook(level)
    states = answers.get((opened.key, level, "states"), lambda: code_states(chosen, book), opened.owner)
    duplicates = duplicates_of(chosen.counts, book, number, states.threshold)
    state = int(states.state[number])
    pictured, words, elsewhere = _pictured(opened, level, page)
    view = CodeView(
        page=page,
        level=level,
        state=state,
        state_words=state_words(state, page, duplicates, states.over_used_from),
        codebook=book,
        counts=chosen.counts,
        duplicates=duplicates,
        pictured=pictured,
        pictured_from=words,
        references=_references(opened, page) if elsewhere else None,
        history=_history(opened, level),
    )
    return code_payload(view)


def _history(opened: OpenAudit, level: int) -> UsageHistory | None:
    if opened.spec is None:
        return None
    tokenizer_id = opened.spec.id
    return answers.get((opened.key, level, "history"), lambda: usage_history(tokenizer_id, level), opened.owner)


def _references(opened: OpenAudit, page: CodePage) -> dict[str, list[tuple[str, Exemplar]]] | None:
    """Where the audit's own exemplars are, when its pictures cannot be shown."""
    if page.exemplars is None:
        return None
    media = opened.audit.media
    return {kind: [(media[one.medium], one) for one in row] for kind, row in page.exemplars.items()}


def _pictured(opened: OpenAudit, level: int, page: CodePage) -> tuple[dict[str, list[PicturedToken]], str, bool]:
    """Exemplars with their pixels by kind, words on where they are from, and whether that is another audit."""
    shown = with_pictures(opened)
    if shown is None or page.exemplars is None:
        return {}, _no_pictures(opened), page.exemplars is not None
    elsewhere = shown.key != opened.key
    there = code_page(shown.audit, level, page.code) if elsewhere else page
    found: dict[str, list[PicturedToken]] = {}
    for kind, row in (there.exemplars or {}).items():
        cut = [_cut(shown, level, one) for one in row]
        found[kind] = [token for token in cut if token is not None]
    audit = shown.audit
    have = "has" if there.count == 1 else "have"
    words = f"{there.count:,} of the {there.tokens:,} tokens of {audit.amount_words} {have} this code"
    if not elsewhere:
        none = " Its tokens have no place, so each shows the whole picture." if audit.layout == "set1d" else ""
        return found, f"{audit.title}: {words}.{none}", False
    title = opened.audit.title
    return found, f"Shown from “{audit.title}”: {words}. The media of “{title}” do not come with the app.", True


def _no_pictures(opened: OpenAudit) -> str:
    if opened.spec is None:
        return "Plain indices bring no media with them."
    return "The media of this audit are not at hand."


def _cut(shown: OpenAudit, level: int, one: Exemplar) -> PicturedToken | None:
    """The token with what is around it; None if its medium cannot be opened any more, or is not what it was."""
    try:
        cut = pictures_of(shown, one.medium).around(_layout(shown, one.medium, level), one.token)
    except ExplorerError:
        return None
    return PicturedToken(
        cut.pixels,
        cut.box,
        shown.audit.media[one.medium],
        one.token,
        cut.place,
        one.distance,
        cut.where,
        one.medium if shown.spec and shown.spec.modality == "audio" else None,
    )


def sound(opened: OpenAudit, level: int, medium: int, token: int) -> dict[str, Any]:
    """The stretch around a token of a sound, as a WAV data URL: {"url"}. Raises ExplorerError if it is gone."""
    shown = with_pictures(opened)
    if shown is None or shown.spec is None or shown.spec.modality != "audio" or medium >= len(shown.audit.media):
        raise ExplorerError("There is no sound to play here.")
    layout = _layout(shown, medium, level)
    if token >= layout.num_tokens:
        raise RecordError(f"There is no token {token} in this sound.")
    pictures = pictures_of(shown, medium)
    samples = pictures.values[pictures.stretch_of(layout, token)]
    return {"url": wav_data_url(wav_bytes(samples, shown.spec.sample_rate_hz or 1))}


def _layout(shown: OpenAudit, medium: int, level: int) -> TokenLayout:
    """Where the tokens of a level lie in a medium."""
    layouts = load_tokenizer(shown.spec.id).layouts(extent_of(shown.spec, pictures_of(shown, medium).values.shape))  # type: ignore[union-attr, arg-type]
    if not 0 <= level < len(layouts):
        raise RecordError(f"level {level} is outside 0..{len(layouts) - 1}")
    return layouts[level]
