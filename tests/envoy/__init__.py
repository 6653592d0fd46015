"""Tests that run the real Envoy against a local provider."""
