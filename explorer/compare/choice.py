"""Which tokenizers are compared, as people write them."""

from __future__ import annotations

from collections.abc import Sequence

from explorer import tokenizers
from explorer.compare.run import check_tokenizers
from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.media.medium import Modality


def modality_of_ids(ids: Sequence[str]) -> Modality:
    """What these tokenizers take; they are all of one modality, as `tokenizer_ids` makes sure."""
    return next(spec.modality for spec in tokenizers.list_tokenizers() if spec.id == ids[0])  # type: ignore[return-value]


def tokenizer_ids(text: str) -> list[str]:
    """ "a, b" -> ["a", "b"], of which all are there and can be compared. Raises UnknownIdError, SettingsError."""
    ids = [part.strip() for part in text.split(",") if part.strip()]
    specs = {spec.id: spec for spec in tokenizers.list_tokenizers()}
    for one in ids:
        if one not in specs:
            raise UnknownIdError(unknown_id_message("tokenizer", one, list(specs)))
    check_tokenizers([specs[one] for one in ids])
    return ids
