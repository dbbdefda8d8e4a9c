"""Places that run code nobody trusts: drivers, limits, self-test."""
