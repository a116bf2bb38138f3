"""Several modules become one, and what cannot be joined says so."""

from pathlib import Path

import pytest

import gridcells.book.explorer
import gridcells.book.learning
from gridcells.book.explorer.bundle import join_modules

PACKAGES = (gridcells.book.explorer, gridcells.book.learning)
MODULES = sorted(path for package in PACKAGES for path in Path(package.__file__).with_name("page").glob("*.js"))


def written(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "main.js"


def test_each_module_comes_once_and_before_those_that_need_it(tmp_path):
    main = written(
        tmp_path,
        main='import { a } from "./a.js";\nimport { b } from "./b.js";\nlet c = a + b;\n',
        a='import { b } from "./b.js";\nexport const a = b;\n',
        b="export const b = 1;\n",
    )
    joined = join_modules(main)
    assert joined.count("const b = 1") == 1 and "import" not in joined
    assert joined.index("const b") < joined.index("const a") < joined.index("let c")


def test_a_module_may_be_in_another_folder(tmp_path):
    (tmp_path / "near").mkdir()
    (tmp_path / "far").mkdir()
    written(tmp_path / "far", b="export const b = 1;\n")
    main = written(
        tmp_path / "near",
        main='import { a } from "./a.js";\nimport { b } from "../far/b.js";\n',
        a='import { b } from "../far/b.js";\nexport const a = b;\n',
    )
    assert join_modules(main).count("const b = 1") == 1


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"main": 'import { a } from "./a.js";\n', "a": 'import { m } from "./main.js";\n'}, "without a circle"),
        ({"main": 'import * as a from "./a.js";\n', "a": ""}, "expected imports like"),
        (
            {"main": 'import { a } from "./a.js";\nconst x = 1;\n', "a": "const y = 1, Z = 2;\nconst x = 2;\n"},
            "expected one x",
        ),
    ],
)
def test_what_cannot_be_joined(tmp_path, texts, message):
    with pytest.raises(ValueError, match=message):
        join_modules(written(tmp_path, **texts))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_module_for_the_browser_is_read_at_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400
    assert path.read_text(encoding="utf-8").startswith("// ")
