"""Labels of sounds and drawings: many-to-one."""
