"""Text for a terminal, a pipe or a file, for clinicians and for the preparation of a visit."""
