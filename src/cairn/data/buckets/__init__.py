"""Data in buckets that Cairn does not own: snapshots and pins of it, by workers or on Ray."""
