"""A person's rows: where they are in a store, and away with them as far as possible."""
