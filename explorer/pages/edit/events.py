"""What the token editor answers: `ask` takes one request of the browser and gives JSON, errors in plain words."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager
from dataclasses import asdict
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
from explorer.analysis.pictures.flat_grids import lay_flat
from explorer.foundation.errors import FieldError, RecordError, SettingsError
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.media.sounds.audio import wav_bytes
from explorer.media.writing import medium_bytes
from explorer.pages.edit import requests as asked
from explorer.pages.edit.desk import GONE, Desk, Desks, desk_of
from explorer.pages.shared.dispatch import Dispatcher, Event
from explorer.pages.shared.fields import at_field
from explorer.pages.shared.session import Visit
from explorer.pages.shared.token_file import tokens_bytes
from explorer.pages.shared.visitors import Visitor
from explorer.tokenizers import load_tokenizer
from explorer.views.edit import view as edit_view
from explorer.views.kit.wire.encoding import image_bytes, pack, pack_indices, png_data_url
from explorer.views.kit.wire.places import places_of

FIELD_TOKENS = 4  # side of the constant field that shows one code of a path
PATH_PIXELS = 512 * 512  # of a picture that is decoded at every step of a path


def opening(visit: Visit, visitor: Visitor) -> str:
    """The value of the editor for a visit, "" where edited tokens could not be decoded. Raises ExplorerError."""
    desk = Desk(visit)
    if not load_tokenizer(visit.tokenizer).spec.decodes:
        return ""
    samples = [{"id": one.id, "title": one.title} for one in desk.samples()]
    key = "|".join(map(str, (visit.picture, visit.upload, visit.tokenizer, visit.side_px, visit.from_s)))
    token, spec = visitor.part(Desks).put(visit), load_tokenizer(visit.tokenizer).spec
    return edit_view.opening(token, key, spec, visit.picture, samples, LINK_CHARACTERS)


def _at_edits() -> AbstractContextManager[None]:
    """An edit that cannot be is the fault of the edits; they are kept where a file is gone from the server."""
    return at_field("edits", (RecordError, SettingsError))


def _open(desk: Desk, request: object) -> dict[str, Any]:
    """The tokens and the decode before any edit."""
    record = desk.record
    tokens, base, _ = desk.decode("")
    return {
        "grids": [list(level.shape) for level in tokens.indices],
        "placed": lay_flat(record).placed,
        "modality": record.modality,
        "place": places_of(record),
        "K": [level.codebook.codebook_size for level in record.levels],
        "combination": record.combination,
        "indices": _packed(tokens, record),
        "base": pack(eight_bit(base)),
        "reach": desk.tokenizer.token_reach,
    }


def _edit(desk: Desk, request: asked.Edits) -> dict[str, Any]:
    """The tokens after the edits, and the pixels that differ from the decode before any."""
    with _at_edits():
        tokens, base, made = desk.decode(request.edits)
    box, pixels = visible_change(base, made.picture)
    return {
        "indices": _packed(tokens, desk.record),
        "kept": None if tokens.whole else [pack(kept.astype(np.uint8)) for kept in tokens.kept],
        "changed": len(tokens.changed(tokens_of(desk.record))),
        "box": box,
        "pixels": pack(pixels),
        "window": None if made.window is None else made.window[2:],
    }


def _reach(desk: Desk, request: asked.Reach) -> dict[str, Any]:
    """What one token changes: decoded with it and without it."""
    levels = None if request.levels is None else list(request.levels)
    if levels and not max(levels) < len(desk.record.levels):
        raise FieldError("levels", f"There is no level {max(levels) + 1}; this has {len(desk.record.levels)}.")
    with _at_edits():
        tokens, _, made = desk.decode(request.edits)
    layout = depict(desk.record).levels[levels[0] if levels else 0].layout
    with at_field("position"):
        found = influence(desk.tokenizer, tokens, request.position, layout, levels, whole=made.picture)
    top, left, height, width = found.box or (0, 0, 0, 0)
    return {
        "box": found.box,
        "change": pack(found.change[top : top + height, left : left + width]),
        "own_share": found.own_share,
        "pixels": found.pixels,
    }


def _source(desk: Desk, request: asked.SourcePicture) -> dict[str, Any]:
    """A second picture to take a region from."""
    with at_field("picture"):
        record = desk.source(request.picture)
    (rows, columns), pixels = lay_flat(record).grids[0], depict(record).media
    return {"url": _url(pixels), "rows": rows, "cols": columns, "width": pixels.shape[1], "height": pixels.shape[0]}


def _sound(desk: Desk, request: asked.Edits) -> dict[str, Any]:
    """What the edited tokens sound like."""
    if desk.record.modality != "audio":
        raise SettingsError("Only sounds can be heard.")
    with _at_edits():
        tokens = desk.tokens(request.edits)
    data = wav_bytes(desk.medium(tokens), int(desk.record.sample_rate_hz or 0))
    return {"url": "data:audio/wav;base64," + base64.b64encode(data).decode("ascii")}


def _film(desk: Desk, request: asked.Film) -> dict[str, Any]:
    """The clip that the edited tokens decode to, as a file."""
    if desk.record.modality != "video":
        raise SettingsError("Only a clip is saved as a film.")
    with _at_edits():
        tokens = desk.tokens(request.edits)
    data = medium_bytes(desk.medium(tokens), f".{request.kind}", desk.record.frames_per_second)
    name = f"{desk.visit.tokenizer}_{desk.visit.picture}_edited.{request.kind}"
    return {"file": {"name": name, "data": base64.b64encode(data).decode("ascii")}}


def _path(desk: Desk, request: asked.Way) -> dict[str, Any]:
    """Frames of the way from code to code, or from the edited picture to a second one."""
    return _code_path(desk, request) if request.of == "codes" else _picture_path(desk, request)


def _code_path(desk: Desk, request: asked.Way) -> dict[str, Any]:
    level = request.level
    if not level < len(desk.record.levels):
        raise FieldError("level", f"There is no level {level + 1}; this has {len(desk.record.levels)}.")
    codes = interpolate_codes(desk.record.levels[level].codebook, request.first, request.last, request.steps)
    decoded = _alone(desk, level, codes)
    frames = [{"code": int(code), "url": png_data_url(one)} for code, one in zip(codes, decoded, strict=True)]
    return {"frames": frames, "distinct": len(set(codes.tolist()))}


def _picture_path(desk: Desk, request: asked.Way) -> dict[str, Any]:
    height, width = desk.record.media.shape[:2]
    if desk.record.modality == "image" and height * width > PATH_PIXELS:
        raise SettingsError("A way between pictures is decoded up to 512 px; choose a smaller longest side above.")
    with _at_edits():
        start, _, made = desk.decode(request.edits)
    with at_field("picture"):
        end = desk.same_size(request.picture)
    grids = interpolate_tokens(start, tokens_of(end), desk.bench(), request.steps)
    frames, picture, before = [], made.picture, start
    for grid in grids:
        picture, before = redecode(desk.tokenizer, before, picture, grid).picture, grid
        frames.append({"changed": len(grid.changed(start)), "url": _url(picture)})
    return {"frames": frames, "distinct": len(frames)}


def _alone(desk: Desk, level: int, codes: np.ndarray) -> np.ndarray:
    """Each code alone, drawn: in a field of FIELD_TOKENS a side where fields of any size can be decoded."""
    tokenizer = desk.tokenizer
    if not lay_flat(desk.record).plain or tokenizer.spec.fixed_size:
        return tokenizer.decode_alone(level, codes.tolist())
    fields = np.broadcast_to(codes[:, None, None], (len(codes), FIELD_TOKENS, FIELD_TOKENS))
    return tokenizer.decode_fields(level, fields)


def _as_text(desk: Desk, request: asked.AsText) -> dict[str, Any]:
    """The edited tokens as text of a form."""
    sizes = [level.codebook.codebook_size for level in desk.record.levels]
    with _at_edits():
        tokens = desk.tokens(request.edits)
    return {"text": token_text(tokens.indices, sizes, _form(request.form, desk))}


def _paste(desk: Desk, request: asked.Paste) -> dict[str, Any]:
    """Pasted tokens as the edits that lead to them from the present ones."""
    with _at_edits():
        tokens = desk.tokens(request.edits)
    sizes = [level.codebook.codebook_size for level in desk.record.levels]
    try:
        wanted = parse_tokens(request.text, [one.shape for one in tokens.indices], sizes, _form(request.form, desk))
    except TokenTextError as error:
        start, end = (_utf16(request.text, at) for at in (error.start, error.end))
        raise FieldError("text", str(error), start=start, end=end) from error
    words = []
    for level, (new, old, kept) in enumerate(zip(wanted, tokens.indices, tokens.kept, strict=True)):
        differs, codes = ((new != old) | ~kept).reshape(-1), new.reshape(-1)
        for code in np.unique(codes[differs]):
            words.append(Paint(level, int(code), tuple(np.flatnonzero(differs & (codes == code)).tolist())))
    return {"words": edits_text(words), "changed": sum(len(word.positions) for word in words)}


def _utf16(text: str, at: int) -> int:
    """Python counts characters, JavaScript units of UTF-16."""
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def _export(desk: Desk, request: asked.Export) -> dict[str, Any]:
    """The edited tokens as a file."""
    with _at_edits():
        tokens, _, made = desk.decode(request.edits)
    medium = made.picture if lay_flat(desk.record).plain else desk.medium(tokens)
    data = tokens_bytes(edited_record(desk.record, tokens, medium), request.kind)
    name = f"{desk.visit.tokenizer}_{desk.visit.picture}_edited_tokens.{request.kind}"
    return {"file": {"name": name, "data": base64.b64encode(data).decode("ascii")}}


def _packed(tokens: EditedTokens, record: TokenRecord) -> list[dict[str, object]]:
    sizes = [level.codebook.codebook_size for level in record.levels]
    return [pack_indices(one.reshape(-1), size) for one, size in zip(tokens.indices, sizes, strict=True)]


def _url(pixels: np.ndarray) -> str:
    """A picture that is only looked at."""
    data = image_bytes(pixels, "JPEG", quality=92, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def _form(form: asked.Form, desk: Desk) -> TextForm:
    with at_field("form"):
        return TextForm(**asdict(form), part=part_noun(desk.record.combination))


EVENTS = Dispatcher(
    {
        "open": Event(_open),
        "edit": Event(_edit, asked.Edits),
        "reach": Event(_reach, asked.Reach),
        "source": Event(_source, asked.SourcePicture),
        "sound": Event(_sound, asked.Edits),
        "film": Event(_film, asked.Film),
        "path": Event(_path, asked.Way),
        "text": Event(_as_text, asked.AsText),
        "paste": Event(_paste, asked.Paste),
        "export": Event(_export, asked.Export),
    },
    caller=desk_of,
    gone=GONE,
)
ask = EVENTS.ask
