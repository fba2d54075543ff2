"""Rows of numbers: series that go on in time, and tables of items."""
