"""How forecasts are made of many windows, corrected, and judged beside plain ones."""
