"""The program in Lua, without an Envoy around it."""
