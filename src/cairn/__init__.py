"""Version control for models: from training run to production label and back, on evidence."""
