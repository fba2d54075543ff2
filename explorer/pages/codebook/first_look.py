"""A first look at a codebook for which no audit ships: one sample of the app, counted when the page is opened.

It fills every panel with figures that name how little was counted; the page offers to count more.
"""

from __future__ import annotations

from pathlib import Path

from explorer.audit.run import run_audit
from explorer.audit.sources import MediaSource, samples_source
from explorer.joints.audit import Audit
from explorer.joints.files.audits import save_audit
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.samples import samples_of
from explorer.pages.shared.visitor_files import files
from explorer.tokenizers import load_tokenizer, owner_of

QUICK = "first"  # the id of such an audit
SIDE_PX = 256  # a large tokenizer on two cores has it in seconds


def quick_source(spec: TokenizerSpec) -> MediaSource:
    """The first sample of the tokenizer's modality."""
    every = samples_source(spec.modality)
    return MediaSource(every.title, every.names[:1], every.read)


def quick_title(spec: TokenizerSpec) -> str:
    """What that audit is called."""
    return f"One sample: {next(iter(samples_of(spec.modality).values())).title}"


def quick_audit(spec: TokenizerSpec) -> tuple[Audit, Path]:
    """The audit, and the folder where its files lie. Raises ExplorerError if the tokenizer cannot do it."""
    audit = run_audit(load_tokenizer(spec.id), quick_source(spec), title=quick_title(spec), side_px=SIDE_PX)
    folder = files.folder_of(owner_of(spec.id), "first looks") / spec.id
    save_audit(folder, audit)
    return audit, folder
