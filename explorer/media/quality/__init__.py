"""How far a reconstruction is from its medium."""
