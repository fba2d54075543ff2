"""States of teaching cards that chapters open, and what of a card is framed."""

from __future__ import annotations

PICTURE, SIDE = "#play-view .le-board", "#play-view .le-side"


def card(name: str, **state: object) -> dict[str, str]:
    """The query of a card, and of what differs from how it opens: numbers and words, as its address has them."""
    return {"card": name} | {key: str(value) for key, value in state.items()}
