"""Pictures of results as SVG text, with titles, descriptions and real text for screen readers; no browser is needed."""
