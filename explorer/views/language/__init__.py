"""The browser's part of the page of a language model of tokens."""
