"""What the gateway's WebAssembly plugins decide, and how their files are served."""
