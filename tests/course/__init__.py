"""The course: events, tasks, the list view."""
