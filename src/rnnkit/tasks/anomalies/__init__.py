"""What is unusual in series of numbers, as they come."""
