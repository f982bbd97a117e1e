"""Places for bytes on this machine: three clouds, a lake, and a network that fails."""
