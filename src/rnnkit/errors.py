"""The errors rnnkit raises on purpose: each message is one line that says what was expected, what came, what to do.

In: nothing. Out: exception classes. Imports: nothing. Tested by: tests/cli/test_commands.py.
"""


class RnnkitError(Exception):
    """Any error that rnnkit raises on purpose; the command line prints its message alone."""

    exit_code = 1


class UserError(RnnkitError, ValueError):
    """Something the user can mend: a bad file, option or run folder (exit code 2)."""

    exit_code = 2


class TrainingFailed(RnnkitError):
    """A run that cannot go on, such as one whose loss is NaN (exit code 1)."""


class Interrupted(RnnkitError):
    """Ctrl-C or a termination signal, after a checkpoint was written (exit code 130)."""

    exit_code = 130


class NotStreamable(RnnkitError, TypeError):
    """The model looks ahead without bound, so it has no `step`."""

    exit_code = 2
