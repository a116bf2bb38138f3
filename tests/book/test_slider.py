"""A slider of pictures holds all that the page shows."""

import base64

import matplotlib.pyplot as plt
import pytest

from gridcells.book.slider import FrameSlider


def figures(count):
    for number in range(count):
        figure, ax = plt.subplots(figsize=(1, 1))
        ax.plot([0, number])
        yield figure


def test_frames_are_pictures_in_the_page_and_figures_are_closed():
    before = plt.get_fignums()
    slider = FrameSlider(figures(3), ["0", "1", "2"], name="slope", index=1)
    kind, _, data = slider.frames[2].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
    assert len(set(slider.frames)) == 3
    assert (slider.labels, slider.name, slider.index) == (["0", "1", "2"], "slope", 1)
    assert plt.get_fignums() == before
    assert slider._repr_mimebundle_()[0]["text/plain"] == repr(slider) == "FrameSlider: 3 pictures by slope"


def test_bad_input():
    with pytest.raises(ValueError, match="labels: expected one for each of 2 figures, got 1"):
        FrameSlider(figures(2), ["0"], name="slope")
    with pytest.raises(ValueError, match="labels: expected one for each of 0 figures, got 0"):
        FrameSlider(figures(0), [], name="slope")
    with pytest.raises(ValueError, match="index: expected one below 2, got 2"):
        FrameSlider(figures(2), ["0", "1"], name="slope", index=2)
