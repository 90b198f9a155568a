"""Labels of series of numbers, and of their steps: many-to-one, and many-to-many, aligned."""
