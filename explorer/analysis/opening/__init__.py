"""Opening a checkpoint of no known format: its tables, what training counted, and a draft of an adapter for it.

header -> tables by name and shape -> their numbers -> facts -> words, and the draft. Numbers are read as data, by the
places that the safe readers give; nothing in a file is ever run.
"""
