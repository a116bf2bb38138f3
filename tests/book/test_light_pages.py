"""Built pages without what they can do without: a script of icons, and pictures in the text of widgets."""

from __future__ import annotations

import base64
import json

import light_pages

PICTURE = base64.b64encode(b"\x89PNG and so on").decode()
STATE = '<script type="application/vnd.jupyter.widget-state+json">{}</script>'


def test_the_script_of_icons_goes_and_others_stay():
    first, last = '<script src="a/bootstrap.js"></script>', "<p>fontawesome.js</p>"
    page = f'{first}\n<script defer src="a/fontawesome.js?digest=1"></script>{last}'
    assert light_pages.without_icon_script(page) == first + last


def test_pictures_of_widgets_become_files_once(tmp_path):
    frames = {"frames": [f"data:image/png;base64,{PICTURE}"] * 2, "name": "data:image/png"}
    page = f'<img src="data:image/png;base64,{PICTURE}">' + STATE.format(json.dumps(frames))
    lighter = light_pages.with_pictures_as_files(page, tmp_path / "made", "../_images")
    (path,) = (tmp_path / "made").iterdir()
    assert path.read_bytes() == b"\x89PNG and so on"
    assert lighter == page[: page.index("<script")] + STATE.format(
        json.dumps({"frames": [f"../_images/{path.name}"] * 2, "name": "data:image/png"})
    )
    assert light_pages.with_pictures_as_files(lighter, tmp_path / "made", "../_images") == lighter
