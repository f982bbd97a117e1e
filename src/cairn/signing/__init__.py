"""Keys and signatures: Ed25519, in the text forms of the C2SP signed note."""
