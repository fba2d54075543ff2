"""What the token editor answers: `ask` takes one request of the browser and gives JSON, errors in plain words."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer.analysis.edit.edits import Paint
from explorer.analysis.edit.influence import influence
from explorer.analysis.edit.interpolation import interpolate_codes, interpolate_tokens
from explorer.analysis.edit.link import LINK_CHARACTERS, edits_text
from explorer.analysis.edit.redecode import eight_bit, redecode, visible_change
from explorer.analysis.edit.text import TextForm, TokenTextError, parse_tokens, token_text
from explorer.analysis.edit.tokens import EditedTokens, edited_record, tokens_of
from explorer.analysis.pictures.depiction import depict
from explorer.analysis.pictures.flat_grids import laid
from explorer.foundation.errors import RecordError, SettingsError, plain_words
from explorer.foundation.owners import acting_for
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.media.sounds.audio import wav_bytes
from explorer.pages.edit.desk import Desk, desks
from explorer.pages.inspect.events import tokens_bytes
from explorer.pages.shared.session import Visit
from explorer.tokenizers import load_tokenizer
from explorer.views.edit import view as edit_view
from explorer.views.kit.wire.encoding import image_bytes, pack, pack_indices, png_data_url

KINDS = ("npz", "json", "csv")
FIELD_TOKENS = 4  # side of the constant field that shows one code of a path
PATH_PIXELS = 512 * 512  # of a picture that is decoded at every step of a path
TEXT_CHARACTERS = 4_000_000


def opening(visit: Visit) -> str:
    """The value of EditView for a visit, "" where edited tokens could not be decoded. Raises ExplorerError."""
    desk = Desk(visit)
    if not load_tokenizer(visit.tokenizer).spec.decodes:
        return ""
    samples = [{"id": one.id, "title": one.title} for one in desk.samples()]
    key = "|".join(str(part) for part in (visit.picture, visit.upload, visit.tokenizer, visit.side_px))
    return edit_view.opening(
        desks.put(visit), key, load_tokenizer(visit.tokenizer).spec, visit.picture, samples, LINK_CHARACTERS
    )


def ask(request: dict[str, Any]) -> str:
    """The answer to one request: JSON of {"ok": true, ...}, or {"ok": false, "error": {"message", "start", "end"}}.

    start, end: the characters at fault of a pasted text, as JavaScript counts them.
    """
    try:
        what = str(request.get("what"))
        if what not in ANSWERS:
            raise SettingsError(f"There is nothing called {what[:40]!r} to ask for. There is: {', '.join(ANSWERS)}.")
        desk = desks.get(request.get("token"))
        with acting_for(desk.owner):
            answer = ANSWERS[what](desk, request)
        return json.dumps({"ok": True} | answer, separators=(",", ":"), allow_nan=False)
    except TokenTextError as error:
        start, end = (_utf16(str(request.get("text", "")), at) for at in (error.start, error.end))
        return json.dumps({"ok": False, "error": {"message": str(error), "start": start, "end": end}})
    except Exception as error:
        fault = "edits" if isinstance(error, (RecordError, SettingsError)) else None
        return json.dumps({"ok": False, "error": {"message": plain_words(error), "fault": fault}})


def _utf16(text: str, at: int) -> int:
    """Python counts characters, JavaScript units of UTF-16."""
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def _open(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """The tokens and the decode before any edit."""
    record = desk.record
    tokens, base, _ = desk.decode("")
    return {
        "grids": [list(level.shape) for level in tokens.indices],
        "placed": laid(record).placed,
        "modality": record.modality,
        "K": [level.codebook.codebook_size for level in record.levels],
        "combination": record.combination,
        "indices": _packed(tokens, record),
        "base": pack(eight_bit(base)),
        "reach": desk.tokenizer.token_reach,
    }


def _edit(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """The tokens after the edits, and the pixels that differ from the decode before any."""
    tokens, base, made = desk.decode(_text(request))
    box, pixels = visible_change(base, made.picture)
    return {
        "indices": _packed(tokens, desk.record),
        "kept": None if tokens.whole else [pack(kept.astype(np.uint8)) for kept in tokens.kept],
        "changed": len(tokens.changed(tokens_of(desk.record))),
        "box": box,
        "pixels": pack(pixels),
        "window": None if made.window is None else made.window[2:],
    }


def _reach(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """What one token changes: decoded with it and without it. levels: those to leave out, or null for all."""
    position, levels = _whole(request, "position"), request.get("levels")
    if levels is not None and not (isinstance(levels, list) and all(type(level) is int for level in levels)):
        raise SettingsError("The levels to leave out must be whole numbers.")
    if levels and not max(levels) < len(desk.record.levels):
        raise RecordError(f"there is no level {max(levels) + 1}; this tokenizer has {len(desk.record.levels)}")
    tokens, _, made = desk.decode(_text(request))
    layout = depict(desk.record).levels[levels[0] if levels else 0].layout
    found = influence(desk.tokenizer, tokens, position, layout, levels, whole=made.picture)
    top, left, height, width = found.box or (0, 0, 0, 0)
    return {
        "box": found.box,
        "change": pack(found.change[top : top + height, left : left + width]),
        "own_share": found.own_share,
        "pixels": found.pixels,
    }


def _source(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """A second picture to take a region from."""
    record = desk.source(str(request.get("picture")))
    (rows, columns), pixels = laid(record).grids[0], depict(record).media
    return {"url": _url(pixels), "rows": rows, "cols": columns, "width": pixels.shape[1], "height": pixels.shape[0]}


def _sound(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """What the edited tokens sound like."""
    if desk.record.modality != "audio":
        raise SettingsError("Only sounds can be heard.")
    data = wav_bytes(desk.medium(desk.tokens(_text(request))), int(desk.record.sample_rate_hz or 0))
    return {"url": "data:audio/wav;base64," + base64.b64encode(data).decode("ascii")}


def _path(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """Frames of the way from code to code, or from the edited picture to a second one."""
    steps = _whole(request, "steps")
    if request.get("of") == "codes":
        level, first, last = (_whole(request, name) for name in ("level", "first", "last"))
        if not level < len(desk.record.levels):
            raise RecordError(f"there is no level {level + 1}; this tokenizer has {len(desk.record.levels)}")
        codes = interpolate_codes(desk.record.levels[level].codebook, first, last, steps)
        decoded = _alone(desk, level, codes)
        frames = [{"code": int(code), "url": png_data_url(one)} for code, one in zip(codes, decoded, strict=True)]
        return {"frames": frames, "distinct": len(set(codes.tolist()))}
    height, width = desk.record.media.shape[:2]
    if desk.record.modality == "image" and height * width > PATH_PIXELS:
        raise SettingsError("A way between pictures is decoded up to 512 px; choose a smaller longest side above.")
    start, _, made = desk.decode(_text(request))
    end = desk.same_size(str(request.get("picture")))
    grids = interpolate_tokens(start, tokens_of(end), desk.bench(), steps)
    frames, picture, before = [], made.picture, start
    for grid in grids:
        picture, before = redecode(desk.tokenizer, before, picture, grid).picture, grid
        frames.append({"changed": len(grid.changed(start)), "url": _url(picture)})
    return {"frames": frames, "distinct": len(frames)}


def _alone(desk: Desk, level: int, codes: np.ndarray) -> np.ndarray:
    """Each code alone, drawn: in a field of FIELD_TOKENS a side where fields of any size can be decoded."""
    tokenizer = desk.tokenizer
    if not laid(desk.record).plain or tokenizer.spec.fixed_size:
        return tokenizer.decode_alone(level, codes.tolist())
    fields = np.broadcast_to(codes[:, None, None], (len(codes), FIELD_TOKENS, FIELD_TOKENS))
    return tokenizer.decode_fields(level, fields)


def _as_text(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """The edited tokens as text of a form."""
    sizes = [level.codebook.codebook_size for level in desk.record.levels]
    return {"text": token_text(desk.tokens(_text(request)).indices, sizes, _form(request, desk))}


def _paste(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """Pasted tokens as the edits that lead to them from the present ones."""
    tokens, text = desk.tokens(_text(request)), str(request.get("text", ""))
    if len(text) > TEXT_CHARACTERS:
        raise SettingsError(f"The text has {len(text):,} characters; at most {TEXT_CHARACTERS:,} are read.")
    sizes = [level.codebook.codebook_size for level in desk.record.levels]
    wanted = parse_tokens(text, [one.shape for one in tokens.indices], sizes, _form(request, desk))
    words = []
    for level, (new, old, kept) in enumerate(zip(wanted, tokens.indices, tokens.kept, strict=True)):
        differs, codes = ((new != old) | ~kept).reshape(-1), new.reshape(-1)
        for code in np.unique(codes[differs]):
            words.append(Paint(level, int(code), tuple(np.flatnonzero(differs & (codes == code)).tolist())))
    return {"words": edits_text(words), "changed": sum(len(word.positions) for word in words)}


def _export(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """The edited tokens as a file."""
    kind = str(request.get("kind"))
    if kind not in KINDS:
        raise SettingsError(f"There is no export {kind[:20]!r}; there are {', '.join(KINDS)}.")
    tokens, _, made = desk.decode(_text(request))
    medium = made.picture if laid(desk.record).plain else desk.medium(tokens)
    data = tokens_bytes(edited_record(desk.record, tokens, medium), kind)
    name = f"{desk.visit.tokenizer}_{desk.visit.picture}_edited_tokens.{kind}"
    return {"file": {"name": name, "data": base64.b64encode(data).decode("ascii")}}


def _packed(tokens: EditedTokens, record: TokenRecord) -> list[dict[str, object]]:
    sizes = [level.codebook.codebook_size for level in record.levels]
    return [pack_indices(one.reshape(-1), size) for one, size in zip(tokens.indices, sizes, strict=True)]


def _url(pixels: np.ndarray) -> str:
    """A picture that is only looked at."""
    data = image_bytes(pixels, "JPEG", quality=92, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def _text(request: dict[str, Any]) -> str:
    edits = request.get("edits", "")
    if not isinstance(edits, str):
        raise SettingsError("The edits must be text.")
    return edits


def _whole(request: dict[str, Any], name: str) -> int:
    value = request.get(name)
    if type(value) is not int or value < 0:
        raise SettingsError(f"The {name} must be a whole number of 0 or more.")
    return value


def _form(request: dict[str, Any], desk: Desk) -> TextForm:
    form = request.get("form")
    if not isinstance(form, dict) or type(form.get("offset", 0)) is not int:
        raise SettingsError("The offset must be a whole number of 0 or more.")
    names = TextForm.__dataclass_fields__
    try:
        said = {name: value for name, value in form.items() if name in names}
        return TextForm(**{**said, "part": part_noun(desk.record.combination)})
    except TypeError as error:
        raise SettingsError("The form of the text cannot be read.") from error


Answer = Callable[[Desk, dict[str, Any]], dict[str, Any]]
ANSWERS: dict[str, Answer] = {
    "open": _open,
    "edit": _edit,
    "reach": _reach,
    "source": _source,
    "sound": _sound,
    "path": _path,
    "text": _as_text,
    "paste": _paste,
    "export": _export,
}
