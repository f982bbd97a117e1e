"""The only package that opens Cairn's own database."""
