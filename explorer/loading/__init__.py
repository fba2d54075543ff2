"""Loading: files and Hub repositories of others -> Header -> Format -> Codec -> Tokenizer, by the rules of safety.

`Header` is what is known before any weight is read; a `Format` of `explorer.public` says what it is.
"""
