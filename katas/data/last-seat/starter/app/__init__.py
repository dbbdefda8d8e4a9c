"""The box office of the Harbour Theatre."""
