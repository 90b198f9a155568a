"""Tables with named columns: their formats, rows, cells, and rows that cannot be used."""
