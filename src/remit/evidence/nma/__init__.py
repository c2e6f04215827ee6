"""Networks of treatments: the graph-theoretic method and what is built on it."""
