"""The token editor of the inspect page: paint codes onto patches and see what the decoder makes of them.

Payloads: the value (`opening`) once a picture or tokenizer, and then the answers of one server function,
`edit_ask(request) -> JSON`. The edits themselves live in the browser, as the text of `analysis/edit/link.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from explorer.joints.tokenizer import TokenizerSpec


def opening(
    token: str, key: str, spec: TokenizerSpec, picture: str, samples: Sequence[dict[str, str]], link_characters: int
) -> str:
    """The value of the editor.

    token: whom `edit_ask` answers. key: names picture, tokenizer and size; with another key the edits are let go.
    samples: {"id", "title"} of the pictures that a region can come from. link_characters: longest edits of a link.
    """
    return json.dumps(
        {
            "token": token,
            "key": key,
            "tokenizer": spec.id,
            "title": spec.title,
            "picture": picture,
            "samples": list(samples),
            "link_characters": link_characters,
        }
    )
