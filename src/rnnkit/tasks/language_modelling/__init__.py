"""What comes next: many-to-many, shifted by one."""
