"""The audits that ship with each tokenizer, under `checkpoints/<id>/audits/<audit id>/`: numbers, never pixels.

`python -m explorer.audit.shipped FOLDER [ID ...]` makes them again; FOLDER holds the validation pictures of BSDS500
(Arbelaez et al. 2011), of which only names and numbers are kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from explorer import tokenizers
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source, samples_source
from explorer.foundation.cache import Cache, share
from explorer.foundation.config import settings
from explorer.foundation.errors import UnknownIdError
from explorer.foundation.owners import EVERYBODY
from explorer.foundation.registry import unknown_id_message
from explorer.joints.audit import Audit
from explorer.joints.files.audits import load_audit, save_audit

AUDITS = {"val": "BSDS500 validation pictures", "samples": "Sample pictures of the app"}
SAMPLES_AUDIT = "samples"  # the one whose media can be opened wherever the app runs
_audits = Cache("audits that ship", share(0.04))


def audits_folder(tokenizer_id: str) -> Path:
    """Where the audits of a tokenizer lie, if it has any. Raises UnknownIdError with the valid ids."""
    valid = [spec.id for spec in tokenizers.list_tokenizers()]
    if tokenizer_id not in valid:
        raise UnknownIdError(unknown_id_message("tokenizer", tokenizer_id, valid))
    return settings().checkpoints / tokenizer_id / "audits"


def list_audits(tokenizer_id: str) -> dict[str, str]:
    """Audit id -> title of the audits that ship with a tokenizer, the known ones first; empty if it has none."""
    folder = audits_folder(tokenizer_id)
    found = {}
    for path in sorted(folder.glob("*/audit.json")):
        try:
            found[path.parent.name] = str(json.loads(path.read_text(encoding="utf-8"))["title"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a damaged one is missing, and load_shipped says why
    return {name: found[name] for name in (*AUDITS, *found) if name in found}


def load_shipped(tokenizer_id: str, audit_id: str) -> Audit:
    """One of `list_audits`. Raises UnknownIdError with the valid ids, RecordError if its files are damaged."""
    folder = audits_folder(tokenizer_id)
    valid = sorted(path.parent.name for path in folder.glob("*/audit.json"))
    if audit_id not in valid:
        raise UnknownIdError(unknown_id_message(f"audit of {tokenizer_id}", audit_id, valid))
    chosen = folder / audit_id
    changed_ns = (chosen / "audit.json").stat().st_mtime_ns
    return _audits.get((chosen, changed_ns), lambda: load_audit(chosen), EVERYBODY)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the audits of all tokenizers, or of those named, on the CPU."""
    parser = argparse.ArgumentParser(prog="python -m explorer.audit.shipped", description=main.__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of the validation pictures")
    parser.add_argument("tokenizers", nargs="*", metavar="ID", help="tokenizers (default: all)")
    options = parser.parse_args(argv)
    sources = {"val": open_source(options.folder), SAMPLES_AUDIT: samples_source()}
    for tokenizer_id in options.tokenizers or [spec.id for spec in tokenizers.list_tokenizers()]:
        tokenizer = tokenizers.load_tokenizer(tokenizer_id, device="cpu")
        for audit_id, source in sources.items():
            audit = run_audit(tokenizer, source, title=AUDITS[audit_id])
            folder = save_audit(audits_folder(tokenizer_id) / audit_id, audit)
            print(f"{folder}: {audit.tokens:,} tokens of {len(audit.media):,} pictures", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
