"""A whole folder of media as tokens: read ahead, encoded in batches, written in shards, resumed after any stop."""
