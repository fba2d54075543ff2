"""Discrete Tokenizer Explorer: see what a discrete tokenizer does.

The way of the data: media -> tokenizer -> TokenRecord -> analysis -> view -> page.
"""
