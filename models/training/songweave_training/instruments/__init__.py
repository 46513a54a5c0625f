"""The instrument networks: what a note sounds like."""
