"""Tokens of any medium as pictures, and what a change of one does."""
