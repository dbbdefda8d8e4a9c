"""Grades a submission in sandboxes and composes its review. `grade.grade` is the front door."""
