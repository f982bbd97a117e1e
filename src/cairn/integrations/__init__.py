"""Other people's systems, adopted where they are: each optional, none of them changed."""
