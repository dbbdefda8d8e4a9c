"""The tracks and katas on offer."""
