"""A working AI gateway from one command."""

__version__ = "0.1.0"
