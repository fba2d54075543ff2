"""Tokenizers of rows, fitted without a network or with a small one: series, and items of a table."""
