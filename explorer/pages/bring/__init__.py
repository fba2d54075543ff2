"""Bringing a tokenizer."""
