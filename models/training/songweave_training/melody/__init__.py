"""The melody network: which note comes next."""
