"""Tokens read as a language: how often codes are used, what one token tells of the next, and real bits."""
