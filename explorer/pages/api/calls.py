"""What the endpoints for scripts do; `api/endpoints.py` declares them. Errors are words that a script can show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError, plain_words
from explorer.foundation.files import write_atomically
from explorer.foundation.owners import has_left, owner
from explorer.joints.files.tokens import load_tokens, save_tokens, token_meta
from explorer.lab.measures import describe
from explorer.lab.settings import settings_from_json
from explorer.media.medium import file_bytes, load_medium, tokenized
from explorer.pages.api.audit import audit_files
from explorer.pages.api.compare import compare_files
from explorer.pages.api.leaving import check_there
from explorer.pages.api.loading import load_source, open_source
from explorer.pages.shared.presence import presence
from explorer.pages.shared.session import ONE
from explorer.pages.shared.visitor_files import files as visitor_files
from explorer.pages.shared.visitor_files import nobody
from explorer.tokenizers import list_tokenizers, load_tokenizer

LAB_STEPS = 5_000  # of one call; longer runs are for the command line


def list_all() -> list[dict[str, Any]]:
    """The tokenizers that can be asked for, as their config files describe them."""
    return [asdict(spec) for spec in list_tokenizers()]


def load(source: str, checkpoint: str | None, weights: str = "") -> dict[str, Any]:
    """A Hub repository, or a checkpoint file, and which weights of it ("averaged", "raw", or "" for those that its
    original takes) -> what is known of it; its "id" is what the other endpoints take."""
    return _answered(load_source, source, checkpoint, weights, sent=checkpoint)


def open_checkpoint(checkpoint: str | None) -> dict[str, Any]:
    """A checkpoint file of any kind -> what its tensors tell of its codebooks, and a drafted adapter file."""
    return _answered(open_source, checkpoint, sent=checkpoint)


def tokenize(tokenizer: str, picture: str | None) -> tuple[str, dict[str, Any]]:
    """A picture, a sound or a clip, as the tokenizer takes -> a token file (.npz) and its meta data."""
    return _answered(_tokenize, tokenizer, picture, sent=picture)


def detokenize(tokens: str | None) -> str:
    """A token file (.npz) -> a picture (.png), a sound (.wav) or a clip (.webp), decoded by the tokenizer it names."""
    return _answered(_detokenize, tokens, sent=tokens)


def audit(
    tokenizer: str, files: list[str] | None, codebook_size: int, axes: str = "", ignore: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """A zip, pictures, or one file of indices with its codebook size -> what audit.json says, and the files."""
    return _answered(audit_files, tokenizer, files, codebook_size, _folder(), axes, ignore, sent=files)


def compare(files: list[str] | None, tokenizers: str) -> tuple[dict[str, Any], list[str]]:
    """Pictures and ids of tokenizers -> the table, and the report with its other files."""
    return _answered(compare_files, files, tokenizers, _folder(), sent=files)


def _tokenize(tokenizer_id: str, picture: str | None) -> tuple[str, dict[str, Any]]:
    if picture is None:
        raise MediaError("No picture, sound, clip, series or graph was sent.")
    tokenizer = load_tokenizer(tokenizer_id)
    limits = settings().limits
    medium = load_medium(picture, limits, tokenizer.spec.modality)  # type: ignore[arg-type]
    record = tokenized(medium, tokenizer, limits.image_side_px)
    return str(save_tokens(_folder() / "tokens.npz", record)), token_meta(record)


def _detokenize(tokens: str | None) -> str:
    if tokens is None:
        raise MediaError("No token file was sent.")
    file = load_tokens(tokens)
    decoded = load_tokenizer(file.tokenizer_id).detokenize(file.indices)
    data, suffix = file_bytes(decoded, file.modality, file.rate, file.columns)  # type: ignore[arg-type]
    path = _folder() / f"{ONE.get(file.modality, 'medium')}{suffix}"
    write_atomically(path, data)
    return str(path)


def lab_run(settings_json: str, steps: int) -> dict[str, Any]:
    """Settings of the training lab as JSON, and steps -> {"settings", "curves", "final"} (see `_lab_run`)."""
    return _answered(_lab_run, settings_json, steps)


def _lab_run(settings_json: str, steps: int) -> dict[str, Any]:
    """curves: names, units and rows, the step first (null: not measured). final: the codebook of each level."""
    from explorer.lab.batch import run_lab  # torch

    chosen = settings_from_json(settings_json)
    side = run_lab(chosen, int(steps or 0), settings().device, lambda step: not has_left(), LAB_STEPS)
    check_there()
    frame, table = side.frame(), side.curves.rows()
    rows = [[float(value) if value == value else None for value in row] for row in table]
    units = [describe(name).unit for name in side.curves.names]
    levels = [
        {
            "vectors": level.vectors.tolist(),
            "counts": level.counts.tolist(),
            "dead": level.dead,
            "unseen": level.unseen,
            "window_steps": level.window,
            "codebook_size": level.codebook_size,
        }
        for level in frame.levels
    ]
    final = {"step": frame.step, "latents_seen": frame.latents_seen, "levels": levels, "reseeds": side.events.total}
    curves = {"names": ["step", *side.curves.names], "units": ["", *units], "rows": rows}
    return {"settings": asdict(chosen), "curves": curves, "final": final | {"losses": frame.losses}}


def _folder() -> Path:
    """A new folder for one answer, which goes with the one who asked."""
    of = owner() or nobody()
    presence.touch(of)
    return visitor_files.new_folder(of)


def _sent(paths: str | list[str] | None) -> None:
    """What was uploaded for a call is the visitor's who calls. Raises ExplorerError for a file of another."""
    if paths and owner():
        visitor_files.claim([paths] if isinstance(paths, str) else paths, owner())


def _answered(work: Callable, *arguments: object, sent: str | list[str] | None = None):
    """The result, or a gr.Error whose words a script can show. sent: the files that came with the call."""
    try:
        _sent(sent)
        check_there()
        return work(*arguments)
    except ExplorerError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:
        raise gr.Error(plain_words(error), print_exception=False) from error
