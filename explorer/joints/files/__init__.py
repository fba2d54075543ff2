"""The joints on disk: token files and run files."""
