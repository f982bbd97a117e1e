"""Places for bytes, behind one protocol: a folder, memory, a bucket, a plugin."""
