"""What runs inside a sandbox. Stands alone: imports nothing else of ours."""
