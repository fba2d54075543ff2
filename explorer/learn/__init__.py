"""The tour: chapters of short steps over the live pages, as plain data. `tour.py` lists the chapters."""
