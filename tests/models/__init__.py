"""Models and their files: fitted, written piece by piece, forged."""
