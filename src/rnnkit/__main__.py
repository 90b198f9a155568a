"""`python -m rnnkit`."""

from rnnkit.cli.main import main

if __name__ == "__main__":
    main()
