"""What controller and pilot make of the store: configuration of a real Envoy, in files."""
