"""Times of series: how they are read and written, how far apart they are, and what a calendar says of them."""
