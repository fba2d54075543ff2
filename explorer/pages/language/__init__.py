"""The page of a language model of tokens."""
