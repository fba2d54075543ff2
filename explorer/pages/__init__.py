"""Pages: what visitors open. A page wires views to tokenizers and analysis; only here are errors shown to people."""

from explorer import views as views  # first: it says how Gradio is imported
