"""Shards as JSON lines: {"number", "name", "tokens"} a medium, its tokens as nested lists."""

from __future__ import annotations

import json
from collections.abc import Sequence

from explorer.dumps.writing.formats import TokenRow


def shard_files(stem: str, rows: Sequence[TokenRow]) -> dict[str, bytes]:
    lines = [
        json.dumps({"number": row.number, "name": row.name, "tokens": row.tokens.tolist()}, ensure_ascii=False)
        for row in rows
    ]
    return {f"{stem}.jsonl": "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")}
