"""Pictures of results as SVG: same numbers, same bytes."""
