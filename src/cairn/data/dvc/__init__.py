"""DVC projects, read from their own files: nothing of DVC is imported or changed."""
