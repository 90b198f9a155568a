"""Series with their forecasts, how far these were off, and what was unusual: as pictures, and as pages.

In: series, quantiles, errors. Out: a .png or an .html file. Imports: data, checkpoint. Tested by: tests/inspection/.
"""

from rnnkit.inspection.series.drawing import check_drawing, draw_anomalies, draw_errors, draw_forecasts
from rnnkit.inspection.series.shown import WatchedChannel

__all__ = ["WatchedChannel", "check_drawing", "draw_anomalies", "draw_errors", "draw_forecasts"]
