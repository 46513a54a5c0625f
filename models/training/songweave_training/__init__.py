"""How Songweave's networks are trained: one folder a network, and the loop that they share."""
