"""Tokenizers that a person attaches: an adapter file, modules, functions."""
