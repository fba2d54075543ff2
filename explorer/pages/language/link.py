"""What a link to the page holds: the picture, what is given of it, what was written, and how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from explorer.foundation.numerals import read_number
from explorer.joints.language import PriorFacts
from explorer.media.samples import PICTURES
from explorer.pages.shared.link_keys import SHOWN, tell_beyond, tell_stray
from explorer.pages.shared.session import tell_lost, whole_number
from explorer.prior.sampling import HOTTEST

OWN = "own"
VIEWS = ("written", "real", "surprise")
TEXTS = ("samples", "picture")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MOST_SEED = 999_999
FIRST = "flower"  # half of it lets one guess the rest, and be wrong


@dataclass(frozen=True)
class LanguageState:
    """picture: id of a sample, or OWN. given: rows of real tokens. written: tokens after them. at: the place that is
    looked at, None for the end of the text. temperature, top_k, seed: of `Sampling`. view: what the picture shows.
    text: what is counted below."""

    picture: str
    given: int
    written: tuple[int, ...] = ()
    at: int | None = None
    temperature: float = 1.0
    top_k: int = 0
    seed: int = 0
    view: str = "written"
    text: str = "samples"


def first_state(facts: PriorFacts) -> LanguageState:
    """One of the samples, its upper half given."""
    return LanguageState(FIRST, facts.rows // 2)


def state_of_query(query: Mapping[str, str], facts: PriorFacts) -> tuple[LanguageState, str]:
    """What a link asks for, and what of it could not be had, in plain words: whatever does not hold falls back."""
    first, said = first_state(facts), []
    picture = query.get("picture", first.picture)
    if picture not in PICTURES:
        said.append(
            f"{tell_lost('picture')} A sample is shown."
            if picture == OWN
            else "The link names a picture that is not here; another is shown."
        )
    given, temperature = whole_number(query.get("given")), _temperature(query.get("temperature", ""))
    state = replace(
        first,
        picture=picture if picture in PICTURES else first.picture,
        given=given if given is not None and given < facts.rows else first.given,
        temperature=first.temperature if temperature is None else temperature,
        top_k=min(whole_number(query.get("top_k")) or 0, facts.codebook_size),
        seed=min(whole_number(query.get("seed")) or 0, MOST_SEED),
        view=query["view"] if query.get("view") in VIEWS else first.view,
        text=query["text"] if query.get("text") in TEXTS else first.text,
    )
    written = tokens_of_text(query.get("written", ""), facts.codebook_size)
    room = facts.places - state.given * facts.columns
    if written is None or len(written) > room:
        said.append("The tokens that this link wrote do not fit this model; nothing is written.")
    elif not said:
        state = replace(state, written=written)
    end, at = state.given * facts.columns + len(state.written), whole_number(query.get("at"))
    said += tell_stray("language", query)
    said += tell_beyond(query, "given", 0, facts.rows - 1, f"{first.given} are given")
    said += tell_beyond(query, "at", 0, end - 1, "the end of the text is shown")
    if (asked := query.get("temperature")) and _temperature(asked) is None:
        said.append(f"The link says temperature={asked[:SHOWN]}, which can be 0 to {HOTTEST:g} here; it is 1.")
    said += tell_beyond(query, "top_k", 0, facts.codebook_size, f"it is {state.top_k}")
    said += tell_beyond(query, "seed", 0, MOST_SEED, f"it is {state.seed}")
    return replace(state, at=at if at is not None and at < end else None), " ".join(said)


def _temperature(text: str) -> float | None:
    """A temperature with two digits at most; None for what is none."""
    try:
        value = read_number(text) if len(text) <= len("0.00") else -1.0
    except ValueError:
        return None
    return value if 0 <= value <= HOTTEST else None


def token_digits(codebook_size: int) -> int:
    """Digits of a token in a link, in base 36."""
    digits = 1
    while len(DIGITS) ** digits < codebook_size:
        digits += 1
    return digits


def tokens_of_text(text: str, codebook_size: int) -> tuple[int, ...] | None:
    """The tokens of a link, each of `token_digits` digits; None for what is none. The browser writes them."""
    digits = token_digits(codebook_size)
    if len(text) % digits or any(one not in DIGITS for one in text):
        return None
    found = tuple(int(text[at : at + digits], len(DIGITS)) for at in range(0, len(text), digits))
    return found if all(token < codebook_size for token in found) else None


def text_of_tokens(tokens: Sequence[int], codebook_size: int) -> str:
    """The reverse of `tokens_of_text`."""
    digits, text = token_digits(codebook_size), []
    for token in tokens:
        for place in reversed(range(digits)):
            text.append(DIGITS[token // len(DIGITS) ** place % len(DIGITS)])
    return "".join(text)
