"""The suite sandbox: pytest, the hidden suite, and the outside world of the service under test."""
