"""A Sphinx extension that folds the chapters' code, all but the cell of parameters.

A folded cell is a `details` element: keys and pointers open it, and print shows it open.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

__all__ = ["FoldTransform", "folded_code", "setup"]

PARAMETERS = "parameters"  # the tag of the cell that stays open


class folded_code(nodes.Element):
    """Code behind a control (a node, named as nodes are)."""


class FoldTransform(SphinxPostTransform):
    """Fold the code of every cell that has one, but for parameters."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """See the class."""
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and PARAMETERS not in cell["cell_metadata"].get("tags", []):
                for part in [one for one in cell.children if one.get("nb_element") == "cell_code_source"]:
                    part.replace_self(folded_code("", part.deepcopy()))


def _open(translator: HTML5Translator, node: folded_code) -> None:
    # the script of sphinx_togglebutton opens what is of its class before printing
    translator.body.append('<details class="toggle-details folded-code"><summary>')
    translator.body.append('<span class="closed">Show code</span><span class="open">Hide code</span></summary>\n')


def _close(translator: HTML5Translator, node: folded_code) -> None:
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(folded_code, html=(_open, _close))
    app.add_post_transform(FoldTransform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
