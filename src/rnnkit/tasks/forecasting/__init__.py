"""What comes next in series of numbers, and how sure that is."""
