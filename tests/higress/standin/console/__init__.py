"""The console's REST API: it refuses what the real one refused, with the same status and body."""
