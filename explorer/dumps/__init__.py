"""Token dumps: files of plain indices in every format that people keep them in, read as streams.

`open_dump` (`opening.py`) takes files, folders, globs and addresses; `FORMATS` (`formats.py`) lists the formats, each
of which is one file here with a function from a `DumpFile` to a `Dump` (`arrays.py`).
"""
