"""Media: what people bring, read into plain arrays. Nothing here imports torch or gradio."""
