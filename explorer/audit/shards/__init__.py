"""An audit in shards: each counts whole blocks of the files, anywhere, and a merge is the audit of all, to the bit."""
