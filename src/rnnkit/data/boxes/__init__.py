"""Pictures of many things, and the boxes around them: COCO files and tables, read, varied, as arrays."""
