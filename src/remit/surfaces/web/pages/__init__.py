"""The pages, one module a place: each function takes a `Call` and gives an answer."""
