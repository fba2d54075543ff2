"""The panel with which a person brings a tokenizer."""
