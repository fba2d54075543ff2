"""The pictures that the page reads, as tokens: made once for all visitors, or for the one whose picture it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.language.statistics import TokenLanguage, language_of
from explorer.foundation.cache import Cache, share
from explorer.foundation.errors import ExplorerError, FieldError, MediaError
from explorer.foundation.owners import EVERYBODY
from explorer.joints.language import LanguageModel, PriorFacts, TokenText
from explorer.joints.tokenizer import Tokenizer
from explorer.media.medium import Medium, fit_medium, values
from explorer.media.pictures.image import scaled_to_cover
from explorer.media.samples import PICTURES, sample
from explorer.pages.language.link import OWN
from explorer.pages.shared.upload_media import upload_medium
from explorer.pages.shared.visitors import Visitor
from explorer.prior.shelf import list_priors, load_prior, read_facts
from explorer.tokenizers import load_tokenizer

MISSING = "No tokenizer here has a language model. `python -m explorer prior vq-ema-reseed` makes one."
TEXT_SIDE_PX = 512  # longest side of the samples whose tokens are counted: more of them than the model reads
_read = Cache("pictures that a prior reads", share(0.02))
_texts = Cache("tokens as a language", share(0.01))
_codes = Cache("codes decoded alone", share(0.01))


@dataclass(frozen=True)
class ReadPicture:
    """A picture as the prior reads it. pixels, decoded (side, side, 3) in [0, 1]; text: its tokens and their bits.
    notes: what was cut away, scaled or filled in before, in sentences."""

    pixels: np.ndarray
    decoded: np.ndarray
    text: TokenText
    notes: tuple[str, ...] = ()


def prior_id() -> str:
    """The tokenizer whose prior the page shows. Raises ExplorerError where none has one."""
    there = list_priors()
    if not there:
        raise ExplorerError(MISSING)
    return there[0]


def facts() -> PriorFacts:
    """What is known of that prior."""
    return read_facts(prior_id())


def prior() -> LanguageModel:
    """Its model."""
    return load_prior(prior_id())


def tokenizer() -> Tokenizer:
    """The tokenizer whose codes it reads."""
    return load_tokenizer(prior_id())


def picture_of(visitor: Visitor | None, picture: str) -> ReadPicture:
    """A sample, or the visitor's own picture, scaled until it covers the square and cropped at the centre.

    Raises MediaError for a picture that is not here.
    """
    if picture in PICTURES:
        return _read.get((prior_id(), picture), lambda: _reading(sample(picture).load()), EVERYBODY)
    if picture != OWN:
        raise MediaError("There is no such picture here; choose one of the samples, or your own.")
    path = visitor.files[0] if visitor is not None and visitor.files else None
    if visitor is None or path is None or not path.is_file():
        raise MediaError("Your picture is no longer on the server; choose it again.")
    return _read.get((prior_id(), str(path)), lambda: _reading(upload_medium(str(path), "image")), visitor.owner)


def _reading(medium: Medium) -> ReadPicture:
    known = facts()
    square = scaled_to_cover(medium, known.side_px, known.side_px)  # type: ignore[arg-type]
    record = tokenizer().tokenize(square.pixels)
    text = prior().text_of(record.levels[0].indices)
    return ReadPicture(square.pixels, record.reconstruction, text, square.notes)


def sentence_of(found: ReadPicture, given: int, written: Sequence[int]) -> list[int]:
    """The tokens so far: `given` rows of the real ones, and what was written. Raises MediaError for more than fit, and
    FieldError for a code that there is not."""
    tokens = found.text.tokens
    if given > len(tokens) or given * tokens.shape[1] + len(written) > tokens.size:
        raise MediaError(f"There is room for {tokens.size:,} tokens; begin with fewer rows, or write less.")
    highest = facts().codebook_size - 1
    if any(code > highest for code in written):
        raise FieldError("written", f"Codes of this tokenizer are from 0 to {highest:,}.")
    return [*tokens[:given].ravel().tolist(), *written]


def decoded_text(before: Sequence[int]) -> np.ndarray:
    """The picture of the tokens so far; places without one are left out. (side, side, 3) in [0, 1]."""
    known = facts()
    grid, kept = np.zeros(known.places, np.int64), np.arange(known.places) < len(before)
    grid[: len(before)] = before
    shape = (known.rows, known.columns)
    return tokenizer().decode_kept([grid.reshape(shape)], [kept.reshape(shape)])


def codes_alone(codes: Sequence[int]) -> dict[int, np.ndarray]:
    """Each code decoded alone: (patch, patch, 3) in [0, 1]."""
    known = {code: _codes.peek((prior_id(), code), EVERYBODY) for code in codes}
    missing = [code for code, pixels in known.items() if pixels is None]
    if missing:
        for code, pixels in zip(missing, tokenizer().decode_alone(0, missing), strict=True):
            known[code] = np.array(pixels)  # a copy: a view would keep all of them
            _codes.put((prior_id(), code), known[code], EVERYBODY)
    return known


def language(visitor: Visitor | None, picture: str, text: str) -> TokenLanguage:
    """What is counted below: tokens of all samples at their own shape, or of the picture that is shown."""
    if text == "picture":
        named = "your picture" if picture == OWN else PICTURES[picture].title if picture in PICTURES else picture
        found = picture_of(visitor, picture).text
        return language_of([found.tokens], found.codebook_size, named)
    return _texts.get(prior_id(), _samples_read, EVERYBODY)


def _samples_read() -> TokenLanguage:
    model, grids = tokenizer(), []
    for one in PICTURES.values():
        fitted = fit_medium(one.load(), model.spec, TEXT_SIDE_PX)
        grids += [np.asarray(levels[0].indices) for levels in model.encode([values(fitted)])]
    named = f"{len(grids)} sample pictures, {TEXT_SIDE_PX} px at most"
    return language_of(grids, model.spec.codebook_size, named)
