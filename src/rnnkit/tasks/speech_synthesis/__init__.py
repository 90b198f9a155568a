"""Text to sound: a network that says what it reads."""
