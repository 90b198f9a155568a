"""Series with their forecasts, and how far these were off: as pictures, and as pages to look around in.

In: series, quantiles, errors. Out: a .png or an .html file. Imports: data, checkpoint. Tested by: tests/inspection/.
"""

from rnnkit.inspection.series.drawing import check_drawing, draw_errors, draw_forecasts

__all__ = ["check_drawing", "draw_errors", "draw_forecasts"]
