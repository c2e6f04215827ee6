"""Pictures as accessible SVG, without a browser and without a clock: what every plot draws on."""
