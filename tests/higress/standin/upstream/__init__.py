"""A provider in a container: it records every request and answers as it is told."""
