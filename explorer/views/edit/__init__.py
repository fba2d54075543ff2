"""The views of the token editor."""
