"""The listener: what is learned on the hidden layers of the tagging networks."""
