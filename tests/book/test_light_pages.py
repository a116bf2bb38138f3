"""Built pages without what they can do without: a script of icons, and pictures in the text of widgets."""

from __future__ import annotations

import base64
import io
import json

import light_pages
import numpy as np
from PIL import Image

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


def packed(pixels, mode="RGBA"):
    held = io.BytesIO()
    Image.fromarray(pixels, mode).save(held, "PNG")
    return held.getvalue()


def drawn(size=200):
    """A smooth map with a thin line of another colour, opaque."""
    along = np.linspace(0, 1, size)
    shade = (255 * np.sin(3 * along[:, None] + 2 * along) ** 2).astype(np.uint8)
    edge = np.random.default_rng(0).integers(85, 95, shade.shape, dtype=np.uint8)  # as where lines are smoothed
    picture = np.stack([shade, 255 - shade, edge, np.full_like(shade, 255)], axis=-1)
    picture[size // 2] = (213, 94, 0, 255)
    return picture


def test_a_picture_in_few_colours_is_lighter_and_looks_the_same():
    picture = drawn()
    light = light_pages.in_few_colours(packed(picture))
    image = Image.open(io.BytesIO(light))
    assert image.mode == "P" and len(light) < 0.7 * len(packed(picture))
    off = np.abs(np.asarray(image.convert("RGBA"), int) - picture.astype(int)).max(axis=-1)
    assert np.percentile(off, 99.9) <= light_pages._SEEN and off[100].max() <= light_pages._SEEN
    assert light_pages.in_few_colours(light) is light


def test_a_picture_that_would_look_different_or_lets_through_what_is_behind_it_stays():
    many = np.random.default_rng(0).integers(0, 256, (100, 100, 4), dtype=np.uint8)
    many[..., 3] = 255
    for picture in (many, drawn() - np.array([0, 0, 0, 100], dtype=np.uint8)):
        held = packed(picture)
        assert light_pages.in_few_colours(held) is held
