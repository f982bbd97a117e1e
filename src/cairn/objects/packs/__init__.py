"""How objects lie together: packs of blobs, the index over them, encryption, leases."""
