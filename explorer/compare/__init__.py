"""The same media through several tokenizers: what each costs, what it loses, and the files that say so.

numpy only: what decodes lives behind `Tokenizer`, what draws in the browser elsewhere.
"""
