"""The web application: katas on offer, attempts, submissions, reviews."""
