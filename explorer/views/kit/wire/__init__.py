"""What goes between Python and the browser, and between the components of a page."""
