"""What keeps the suite quick and clean: its budget, its places, its interpreters."""
