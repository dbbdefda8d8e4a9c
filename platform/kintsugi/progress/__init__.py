"""What a learner can do by now, what comes back, and what is next."""
