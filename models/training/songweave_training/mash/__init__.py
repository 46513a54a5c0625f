"""The mash network: whose is what in two songs, and who leads."""
