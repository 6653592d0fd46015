"""Rendering: what is wanted, as an engine reads it."""
