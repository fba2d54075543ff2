"""The tokens of a record as the bytes of a file, for whoever saves what is shown or what was edited."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from explorer.joints.files.tokens import save_tokens
from explorer.joints.record import TokenRecord


def tokens_bytes(record: TokenRecord, kind: str) -> bytes:
    """kind: "npz", "json" or "csv", as `save_tokens` has them."""
    with TemporaryDirectory(prefix="export-") as folder:
        return save_tokens(Path(folder) / f"tokens.{kind}", record).read_bytes()
