"""The card of one code."""
