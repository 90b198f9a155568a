"""One sequence in, another out: many-to-many, unsegmented."""
