"""Drafts, submissions, gradings and what their owners see of them."""
