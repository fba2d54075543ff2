"""Inputs of Gradio that hand over what they are sent as it is: reading a file, with all that can go wrong, is ours."""

from __future__ import annotations

import gradio as gr


class TextInput(gr.Textbox):
    """gr.Textbox whose value is always text: "" where a script sends nothing (null)."""

    is_template = True  # the browser knows it as a textbox

    def preprocess(self, payload) -> str:
        return "" if payload is None else str(payload)


class PictureInput(gr.Image):
    """gr.Image whose value is the path of the upload, or None."""

    is_template = True  # the browser knows it as an image

    def preprocess(self, payload) -> str | None:
        return None if payload is None else payload.path


class FileInput(gr.File):
    """gr.File whose value is the path of the upload, a list of them where several may be chosen, or None.

    gr.File itself leaves an empty file behind with every event.
    """

    is_template = True  # the browser knows it as a file

    def preprocess(self, payload) -> str | list[str] | None:
        if payload is None:
            return None
        found = [one.path for one in getattr(payload, "root", [payload])]
        return found[0] if self.file_count == "single" else found
