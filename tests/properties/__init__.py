"""What must hold for every person, whatever the numbers."""
