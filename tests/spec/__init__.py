"""What the transforms do, as small tables in and rows out; docs/reference/behaviour.md is made of the same files."""
