"""The audit as an endpoint: files in, what was counted and its files out, within the limits of a call."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from explorer.analysis.codebook.diagnosis import findings_as_json
from explorer.audit.indices.run import Reading, audit_indices, reading_of
from explorer.audit.run import run_audit
from explorer.audit.sources import MediaSource, files_source, open_source
from explorer.dumps.formats import ALONE
from explorer.figures.reports.audit import html_report
from explorer.foundation.config import settings
from explorer.foundation.errors import MediaError, SettingsError
from explorer.foundation.files import write_atomically
from explorer.foundation.owners import has_left
from explorer.joints.audit import Audit
from explorer.joints.files.audits import describe, save_audit
from explorer.joints.record import Codebook
from explorer.pages.api.leaving import check_there
from explorer.tokenizers import load_tokenizer

# Of one call; more is for the command line.
MOST_MEDIA, MOST_SECONDS, MOST_INDICES, MOST_CODES = 1_000, 120.0, 200_000_000, 2**20
REPORT = "report.html"


def audit_files(
    tokenizer_id: str,
    files: list[str] | None,
    codebook_size: int | None,
    folder: Path,
    axes: str = "",
    ignore: str = "",
) -> tuple[dict[str, Any], list[str]]:
    """A zip, pictures, or (with codebook_size and no tokenizer) a file of indices -> (audit.json, paths in `folder`).

    axes, ignore: how indices are to be read, as typed ("b,q,t"; "-1"); "" to guess.
    After MOST_SECONDS the audit ends and is partial: "complete" is false. Raises ExplorerError in plain words.
    """
    paths = [Path(name) for name in files or []]
    if not paths:
        raise MediaError("No file was sent. Send a zip, pictures, or a file of indices with the codebook size.")
    codebooks: tuple[Codebook, ...] = ()
    if codebook_size:
        audit = _of_indices(tokenizer_id, paths, int(codebook_size), reading_of(axes, ignore))
    else:
        tokenizer, source = load_tokenizer(tokenizer_id), _source(paths)
        end = time.monotonic() + MOST_SECONDS
        audit = run_audit(tokenizer, source, title=source.title, cancelled=lambda: has_left() or time.monotonic() > end)
        check_there()
        codebooks = tokenizer.codebooks()
    findings = findings_as_json(audit, codebooks)
    save_audit(folder, audit, findings, codebooks)
    write_atomically(folder / REPORT, html_report(audit, codebooks).encode("utf-8"))
    return describe(audit, findings, codebooks), [str(path) for path in sorted(folder.iterdir())]


def _of_indices(tokenizer_id: str, paths: list[Path], codebook_size: int, reading: Reading) -> Audit:
    if tokenizer_id or len(paths) > 1:
        raise SettingsError("With a codebook size, send one file of indices and no tokenizer.")
    return audit_indices(paths[0], codebook_size, reading, most=MOST_INDICES, most_codes=MOST_CODES, cancelled=has_left)


def _source(paths: list[Path]) -> MediaSource:
    """One zip, or pictures. Raises MediaError for more media than one call may have."""
    limits = settings().limits
    if any(path.suffix.lower() in ALONE for path in paths):
        raise SettingsError("A file of indices needs the size of its codebook.")
    source = open_source(paths[0], limits) if len(paths) == 1 else files_source(paths, limits)
    if len(source) > MOST_MEDIA:
        raise MediaError(
            f"{len(source):,} files are more than the {MOST_MEDIA:,} of one call; `python -m explorer audit` takes any."
        )
    return source
