"""One form of content a file: what must be true of it so that it holds data only."""
