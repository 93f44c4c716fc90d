"""A step for nbgrader's formgrader: what it shows is what the gradebook holds now (*trusted*).

The formgrader keeps one session of the gradebook for as long as the Jupyter server runs, and shows again what it read
first: after a grading in a terminal, old scores and no word that an answer has changed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

if TYPE_CHECKING:
    from nbformat import NotebookNode


class FreshGradebook(Preprocessor):
    """Have the gradebook read again, each time a form is drawn; its boxes are filled after that."""

    enabled = Bool(default_value=True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Close the sessions of this process; each begins anew when it is next asked."""
        import_module("sqlalchemy.orm").close_all_sessions()
        return nb, resources
