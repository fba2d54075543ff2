"""Tokenizers through the transformers library: folders with config.json and safetensors, as the Hub has them.

`folder.py`, `sound_formats.py` and `picture_formats.py` recognise and describe them without torch. One file a model
wraps the library's modules as a `Codec`; `building.py` makes these modules empty, for the loader to fill.
"""
