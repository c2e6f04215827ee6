"""The local web app: it asks, stores what was said in one data folder, and shows what the flow makes of it."""
