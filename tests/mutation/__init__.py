"""Each threshold in the knowledge, moved by one step, changes at least one worked case or vignette."""
