"""What is done to stores and files: flipped, cut, planted, powered off."""
