"""What is learned from, as named arrays on disk, and which of it validates."""
