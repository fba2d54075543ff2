"""Numbers that the joints tell of themselves: files and subjects state them, analysis goes on from them."""
