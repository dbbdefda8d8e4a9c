"""The tills of the museum shop."""
