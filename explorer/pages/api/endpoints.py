"""The endpoints for scripts, declared once: for Gradio, which answers them, for its own description, and for the page.

To add one: write its function in `api.py`, and an `Endpoint` below whose fields stand in the order of its parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import gradio as gr

from explorer.compare.run import TOKENIZERS
from explorer.foundation.config import Limits, settings
from explorer.joints.record import Modality
from explorer.pages.api import audit as api_audit
from explorer.pages.api import calls as api
from explorer.pages.api import compare as api_compare
from explorer.pages.shared.inputs import FileInput, TextInput

MODALITIES = ", ".join(f'"{one}"' for one in get_args(Modality))


@dataclass(frozen=True)
class Field:
    """Something that is sent or comes back. kind: of KINDS. words: what it is. default: None where it must be given."""

    name: str
    kind: str
    words: str
    default: str | int | None = None


@dataclass(frozen=True)
class Endpoint:
    """run: its parameters are `takes`, and it returns `gives`. words: one sentence. example: lines of a script that has
    a `client`. limits: what one call may ask for. more: further arguments of the event."""

    name: str
    run: Callable
    words: str
    takes: tuple[Field, ...]
    gives: tuple[Field, ...]
    example: str
    limits: str = ""
    concurrency_id: str | None = None


# kind -> (the words of the page, what makes the component)
KINDS: dict[str, tuple[str, Callable[..., gr.components.Component]]] = {
    "text": ("text", TextInput),
    "number": ("whole number", lambda **named: gr.Number(precision=0, **named)),
    "file": ("file", FileInput),
    "files": ("list of files", lambda **named: FileInput(file_count="multiple", **named)),
    "json": ("JSON", gr.JSON),
}
TOKENIZER = Field("tokenizer", "text", 'The "id" of a tokenizer, as /list_tokenizers has it.')


def endpoints(limits: Limits) -> tuple[Endpoint, ...]:
    """All of them, with the limits of this server in their words."""
    return (*_of_tokens(limits), *_of_many(limits))


def _of_tokens(limits: Limits) -> tuple[Endpoint, ...]:
    """Which tokenizers there are, and media into tokens and back."""
    return (
        Endpoint(
            "list_tokenizers", api.list_all, "The tokenizers that can be asked for.", (),
            (Field("tokenizers", "json", f'A list; of each "id", "title", "modality" ({MODALITIES}), "codebook_size", '
                   '"num_quantizers", "downsampling", "licence", "source" ("zoo", "hub", "file", "user"), and more.'),),
            'print([one["id"] for one in client.predict(api_name="/list_tokenizers")])',
        ),
        Endpoint(
            "load_tokenizer", api.load, "Load a tokenizer of others: of the Hub for all, from a file for you alone.",
            (Field("source", "text", "A repository of the Hub, owner/name[@revision]; empty where a file is sent.", ""),
             Field("checkpoint", "file", "A checkpoint; nothing where a repository is named."),
             Field("weights", "text", '"averaged" or "raw" of it; empty for what its original takes.', "")),
            (Field("tokenizer", "json", 'As an entry of /list_tokenizers, with "notes", a list of what you should know '
                   'of it. Other endpoints take its "id".'),),
            'brought = client.predict("facebook/encodec_24khz", None, api_name="/load_tokenizer")["id"]',
            f"A file has {limits.checkpoint_upload_bytes / 2**30:g} GiB at most; its code is never run.",
            "load",
        ),
        Endpoint(
            "open_checkpoint", api.open_checkpoint, "What a checkpoint of any kind tells of its codebooks.",
            (Field("checkpoint", "file", "A checkpoint, of a known format or of none."),),
            (Field("opened", "json", '"problem" (why no format reads it, empty if one does), "tables" that look like '
                   'codebooks (of each "key", "codes", "dimensions", "lines" of words, "dead_codes" by the counts that '
                   'training kept), and "adapter", the text of a drafted adapter file.'),),
            'opened = client.predict(handle_file("run.ckpt"), api_name="/open_checkpoint")',
            f"A file has {limits.checkpoint_upload_bytes / 2**30:g} GiB at most; its code is never run.",
        ),
        Endpoint(
            "tokenize", api.tokenize, "A picture, a sound, a clip, a series, a table of items or a graph into tokens.",
            (TOKENIZER,
             Field("picture", "file", "A picture, sound, clip, series, table of items or edge list, as it takes.")),
            (Field("tokens.npz", "file", "The token file: indices of every level, and what decoding them needs."),
             Field("meta", "json", '"tokenizer", "modality", "media_shape", "bits_uniform", "bits_empirical", "levels" '
                   '(of each its codes and its shape), "notes" of all that was done to the medium, and more.')),
            'tokens, meta = client.predict("vq-ema-reseed", handle_file("picture.png"), api_name="/tokenize")',
            f"The longest side of a picture is scaled to {limits.image_side_px:,} px, of a sound the first "
            f"{limits.audio_seconds:g} s and of a clip the first {limits.video_frames} frames are taken; "
            f"{_file_words(limits)}.",
        ),
        Endpoint(
            "detokenize", api.detokenize, "Tokens back into what they were made of, by the tokenizer they name.",
            (Field("tokens", "file", "A token file, as /tokenize or the exports of the pages give it."),),
            (Field("decoded", "file", "A picture (.png), sound (.wav), clip (.webp), series or table (.csv)."),),
            'picture = client.predict(handle_file(tokens), api_name="/detokenize")',
        ),
    )  # fmt: skip


def _of_many(limits: Limits) -> tuple[Endpoint, ...]:
    """What is found over sets of media, and over training."""
    return (
        Endpoint(
            "audit", api.audit, "Count a codebook over media, or over plain indices of a model that is not here.",
            (Field("tokenizer", "text", 'The "id" of a tokenizer; empty for indices.'),
             Field("files", "files", "A zip of media, or media, or one file of indices (.npy, .parquet, ..)."),
             Field("codebook_size", "number", "Of indices: how many codes their codebook has; 0 for media.", 0),
             Field("axes", "text", "Of indices: their axes, such as b,q,t; empty for a guess, which is said.", ""),
             Field("ignore", "text", "Of indices: values that are padding; empty for -1 and nan.", "")),
            (Field("audit", "json", '"levels", of each "used", "tokens", "ceiling", "perplexity", "entropy_bits" and '
                   '"dead"; "complete", "media", "skipped", and all else that audit.json has.'),
             Field("files", "files", "audit.json, counts.npy, details.npz, report.html.")),
            'audit, files = client.predict("vq-ema-reseed", [handle_file("pictures.zip")], 0, api_name="/audit")',
            f"{api_audit.MOST_MEDIA:,} media, and {api_audit.MOST_SECONDS:g} s, after which it ends and is not "
            f'"complete"; {_file_words(limits)}.',
        ),
        Endpoint(
            "compare", api.compare, "The same media through several tokenizers: a table and a report.",
            (Field("files", "files", "Media of one kind, or a zip of them."),
             Field("tokenizers", "text", f"{TOKENIZERS[0]} to {TOKENIZERS[1]} ids with commas between.")),
            (Field("table", "json", '"columns", "rows" (one a tokenizer), "best" of each column, "media", "complete", '
                   '"skipped" and "failures" as lists of [name, why], and more.'),
             Field("files", "files", "report.html, compare.json, table.csv, differences.csv, codecs.csv, sheet.png.")),
            'table, files = client.predict([handle_file("picture.png")], "vq-ema-reseed, rvq-4", api_name="/compare")',
            f"{limits.compare_media} media, and {api_compare.MOST_SECONDS:g} s; {_file_words(limits)}.",
        ),
        Endpoint(
            "lab_run", api.lab_run, "Train a toy of the training lab, and see what became of its codebook.",
            (Field("settings_json", "text", "JSON of the settings that differ from the first ones; the link in the "
                   "address bar of the lab holds them, too."),
             Field("steps", "number", "How many training steps.", 500)),
            (Field("run", "json", '"settings"; "curves" with "names", "units" and "rows", the step first; "final" with '
                   'the "levels", of each its "vectors", "counts", "dead" and "unseen" codes.'),),
            'run = client.predict(\'{"codebook_size": 32, "reseeding": "split"}\', 500, api_name="/lab_run")',
            f"{api.LAB_STEPS:,} steps.",
        ),
    )  # fmt: skip


def _file_words(limits: Limits) -> str:
    return f"a file has {limits.upload_bytes / 2**20:,.0f} MiB at most"


def build() -> None:
    """Register the endpoints, inside a `gr.Blocks`. Their components are never drawn."""
    with gr.Row(visible=False):
        call = gr.Button()
        for one in endpoints(settings().limits):
            takes, gives = ([_component(field) for field in fields] for fields in (one.takes, one.gives))
            words = " ".join(filter(None, [one.words, one.limits]))
            limit = {"concurrency_id": one.concurrency_id, "concurrency_limit": 2} if one.concurrency_id else {}
            call.click(one.run, takes, gives, api_name=one.name, api_description=words, **limit)


def _component(field: Field) -> gr.components.Component:
    """The component of a field, which says what it is in Gradio's description of the endpoints."""
    value = {} if field.default is None else {"value": field.default}
    made = KINDS[field.kind][1](label=field.name, **value)
    about = {"description": field.words, "additional_description": field.words}
    plain = made.api_info
    made.api_info_as_input = lambda: plain() | about
    made.api_info_as_output = lambda: plain() | about
    return made
