"""What stands in for the Higress image in tests: its processes, written from recordings of them."""
