"""What aigw promises, as tests."""
