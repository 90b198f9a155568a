"""One file a job: the only place where data, model, metric and defaults meet.

In: files and options. Out: run folders, trained models. Imports: everything above it. Tested by: tests/tasks/.
"""

from rnnkit.tasks.text_generation import TextGeneration

TASKS = {TextGeneration.name: TextGeneration}
"""Every task by the name that the command line uses."""

__all__ = ["TASKS", "TextGeneration"]
