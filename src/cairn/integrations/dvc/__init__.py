"""A DVC project adopted in place: its data, its models, and what became of them."""
