"""The tour in the browser: the guide over the pages, and the page of chapters."""
