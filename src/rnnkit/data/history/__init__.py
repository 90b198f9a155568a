"""Histories: many series of numbers with their times and covariates, from tables of any layout, for forecasting."""
