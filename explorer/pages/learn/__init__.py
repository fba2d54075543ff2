"""The page of chapters, and the guide over the others."""
