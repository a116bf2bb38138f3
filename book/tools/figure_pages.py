"""A Sphinx extension that makes figures of the pictures in chapters: number, caption, description, command, link.

The notebooks stay as they are. What is said of each picture lies in `book/captions.toml`; where pictures and captions
do not pair off, the build warns, which is an error in this project.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from captions import CAPTIONS, Caption, captions_of, command_of, read_captions
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

__all__ = ["FigureTransform", "setup"]

_LOG = logging.getLogger(__name__)


class FigureTransform(SphinxTransform):
    """Put each picture of a chapter into a figure, before figures are numbered."""

    default_priority = 200

    def apply(self, **kwargs: Any) -> None:
        """See the class."""
        cells = [node for node in self.document.findall(nodes.container) if node.get("nb_element") == "cell_code"]
        if not cells or self.config.nb_execution_mode == "off":  # as where links alone are checked: no pictures
            return
        self.env.note_dependency(str(CAPTIONS))
        stem = Path(self.env.docname).name
        if not stem[0].isdigit():  # no chapter: such a page says itself what its pictures show
            for picture in self.document.findall(nodes.image):
                picture.attributes.pop("height", None)  # in proportion
            return
        pictures = [list(cell.findall(nodes.image)) for cell in cells]
        counted = [(_source(cell), len(found)) for cell, found in zip(cells, pictures, strict=True)]
        try:
            captions = captions_of(stem, counted, read_captions().get(stem, {}))
        except ValueError as error:
            _LOG.warning(str(error), location=self.env.docname)
            return
        for found, said in zip(pictures, captions, strict=True):
            for picture, caption in zip(found, said, strict=True):
                picture.replace_self(self._figure(picture, caption, stem))

    def _figure(self, picture: nodes.image, said: Caption, stem: str) -> nodes.figure:
        picture = picture.deepcopy()
        picture["alt"] = said.description
        picture["width"] = f"{picture['width']}px" if str(picture.get("width", "")).isdigit() else "100%"
        picture.attributes.pop("height", None)  # in proportion
        command = nodes.paragraph("", "Made again by ", nodes.literal(text=command_of(stem)))
        if "/" in said.name:  # the name of a file
            command += [nodes.Text(", which saves it as "), nodes.literal(text=said.name)]
        command += nodes.Text(".")
        caption = nodes.caption("", said.caption)
        figure = nodes.figure("", picture, caption, nodes.legend("", command), classes=["chapter-figure"])
        figure["names"].append(nodes.fully_normalize_name(f"figure {stem} {said.name}"))
        self.document.note_explicit_target(figure, figure)
        return figure


def _source(cell: nodes.container) -> str:
    return "".join(
        block.astext()
        for part in cell.children
        if part.get("nb_element") == "cell_code_source"
        for block in part.findall(nodes.literal_block)
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_transform(FigureTransform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
