"""One of V tokens at every time step: softmax whole, adaptive or sampled, a pointer into the source, and draws."""
