"""The side that runs the hidden suite."""
