"""Prices as returns: how tables of them are read, what is seen of a day, densities of returns, and their verdict."""
