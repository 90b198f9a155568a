"""Tasks over histories: what comes next in many series with time."""
