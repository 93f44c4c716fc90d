"""Parts of ``autograder.run_logs``: a module per form of log; what they share is ``records`` (*trusted*, standard library only)."""
