"""The chord network that knows a song from beginning to end."""
