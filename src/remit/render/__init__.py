"""Words and pictures: from the tables of a run to what a reader sees. Nothing here judges."""
