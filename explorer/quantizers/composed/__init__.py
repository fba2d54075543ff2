"""Methods that put a code together from several codebooks and learn them jointly."""
