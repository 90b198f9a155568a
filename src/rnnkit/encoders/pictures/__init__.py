"""What pictures show: grids of places, one vector a time step, or one for each cell."""
