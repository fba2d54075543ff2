"""The page about the endpoints: what scripts can ask for, what they send, and what comes back."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace

import gradio as gr

from explorer.foundation.config import settings
from explorer.pages.api.endpoints import KINDS, Endpoint, Field, endpoints
from explorer.pages.shared.presence import SILENT_S

BEGIN = """from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")  # the address of the first page"""
WITHOUT = f"Where plain HTTP is used, that is {SILENT_S / 60:.0f} minutes after the last request."


def build() -> None:
    """Lay out the page, inside `demo.route(...)`."""
    gr.Markdown(text(), elem_id="api-page")


def text() -> str:
    """The page as Markdown."""
    every = endpoints(settings().limits)
    return "\n\n".join(
        [
            "Scripts reach the tokenizers by `gradio_client` (`pip install gradio_client`); the same endpoints answer "
            "plain HTTP, as [gradio_api/info](gradio_api/info) describes them to programs.",
            f"```python\n{BEGIN}\n```",
            "One client is one visitor. What it sends, what it loads from a file and what it is answered is its own: "
            f"nobody else can list or use it, and it is deleted within a minute after the client ends. {WITHOUT} "
            "A call whose client closes the connection ends without an answer.",
            " · ".join(f"`/{one.name}`" for one in every),
            *(_section(one) for one in every),
        ]
    )


def _section(one: Endpoint) -> str:
    limits = f" Limits of one call: {one.limits}" if one.limits else ""
    parts = [f"### /{one.name}", f"{one.words}{limits}"]
    if one.takes:
        named = zip(inspect.signature(one.run).parameters, one.takes, strict=True)
        parts.append(_table("You send", [replace(field, name=name) for name, field in named]))
    parts += [_table("Comes back", one.gives), f"```python\n{one.example}\n```"]
    return "\n\n".join(parts)


def _table(head: str, fields: Sequence[Field]) -> str:
    rows = [f"| `{field.name}` | {_kind(field)} | {field.words} |" for field in fields]
    return "\n".join([f"| {head} | As | What it is |", "| --- | --- | --- |", *rows])


def _kind(field: Field) -> str:
    words = KINDS[field.kind][0]
    if field.default is None:
        return words
    return f"{words}; {'empty' if field.default == '' else repr(field.default)} if left out"
