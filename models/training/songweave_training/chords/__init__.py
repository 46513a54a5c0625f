"""The chord network: which chord a voice wants."""
