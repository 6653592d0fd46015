"""What goes wrong around a gateway of the Higress engine, and what becomes of it."""
