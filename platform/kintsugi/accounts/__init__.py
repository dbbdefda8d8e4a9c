"""Who is asking: guests, their cookies and tokens."""
