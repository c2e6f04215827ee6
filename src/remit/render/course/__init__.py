"""The course of a person, and the list view of a practice, in words and pictures."""
