"""Training runs, observed: what went in, what happened, what came out."""
