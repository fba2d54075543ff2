"""Tokenizers of rows of numbers: series and actions. From a checkpoint to the interface."""
