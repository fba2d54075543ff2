"""Edits of tokens."""
