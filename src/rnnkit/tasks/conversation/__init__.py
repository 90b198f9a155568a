"""Labels of the turns of conversations and of their words: many-to-one under many-to-many."""
