"""The attack corpus, by what is attacked."""
