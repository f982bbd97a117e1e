"""The project around a run: commit and patch, sources, environment, configuration."""
