"""The groove network: what drums and hands play in each step."""
