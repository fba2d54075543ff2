"""The audit: a whole codebook counted over a whole data set, streamed, so that memory does not grow with the files."""
