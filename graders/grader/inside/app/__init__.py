"""The side that runs the submission."""
