"""``python -m autograder`` is the ``autograder`` command."""

from autograder.interrupts import watch_from_the_start

watch_from_the_start()

from autograder.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
