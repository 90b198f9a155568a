"""Pictures of one line of writing, whose columns of pixels are the time steps."""
