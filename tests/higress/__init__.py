"""Tests of the Higress engine, over a container that behaves as the all-in-one image does."""
