"""The way out: tokens as files that language models are trained on, in shards, with a manifest that leads back.

`codes.py` says which numbers stand for the codes of a medium, `formats.py` lists the formats, each of which is one file
here, and `manifest.py` what stands beside the shards. Who tokenizes is `explorer/corpus/`.
"""
