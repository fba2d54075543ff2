"""Methods of one table of codes that learns by the gradient: each has its own way past the argmin, or to live codes."""
