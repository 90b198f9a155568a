"""Tables of series in each layout: which one it is, and the series as their rows have them."""
