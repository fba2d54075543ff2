"""A small language model over the tokens of a picture: what comes next, given all that came before."""
