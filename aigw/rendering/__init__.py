"""What is wanted, written out as an engine's own files; of the world only templates are read."""
