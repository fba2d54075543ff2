"""Tokenizers of the zoo: checkpoints of our own, from the file to the interface."""
