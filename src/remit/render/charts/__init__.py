"""Charts over time and natural frequencies: accessible SVG, each with the same facts as a table."""
