"""Inputs of Gradio that hand over an uploaded file as it is: reading it, with all that can go wrong, is ours."""

from __future__ import annotations

import gradio as gr


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
