"""A room whose package is missing says what to install."""

import importlib
import sys

import pytest

from gridcells._common.rooms import missing_package, open_room


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two names: one that is there, one whose module imports what is missing."""
    room = tmp_path / "roomy"
    room.mkdir()
    opened = (
        "from gridcells._common.rooms import open_room\n__getattr__, __dir__, __all__ = open_room(__name__, __file__)\n"
    )
    (room / "__init__.py").write_text(opened)
    (room / "__init__.pyi").write_text("from .plain import one as one\nfrom .heavy import two as two\n")
    (room / "plain.py").write_text("one = 1\n")
    (room / "heavy.py").write_text("import ripser\ntwo = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "ripser", None)  # as if it were not installed
    yield importlib.import_module("roomy")
    for name in [name for name in sys.modules if name.partition(".")[0] == "roomy"]:
        del sys.modules[name]


def test_what_is_there_is_given(package):
    assert package.one == 1
    assert {"one", "two"} <= set(dir(package))


def test_what_is_missing_is_told_with_its_extra(package):
    with pytest.raises(
        ImportError, match=r'roomy.two: ripser is not installed: pip install "gridcells-companion\[topology\]"'
    ):
        package.two  # noqa: B018


def test_a_module_of_no_extra_is_an_error_of_its_own():
    assert missing_package(ModuleNotFoundError("No module named 'nothing'", name="nothing")) is None


def test_an_unknown_name_is_refused():
    import gridcells.scores

    get, _, names = open_room("gridcells.scores", gridcells.scores.__file__)
    assert "grid_scores" in names
    with pytest.raises(AttributeError):
        get("grid_score")
