"""Invoices between the freelancers and the clients of a marketplace."""
