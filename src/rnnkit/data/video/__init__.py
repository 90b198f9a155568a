"""Videos, whose frames are the time steps: pictures that are sampled at a rate, or features of each frame."""
