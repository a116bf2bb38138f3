"""Texts that are read: of bounded length, and JSON that vouches for itself."""

import json

import pytest

from gridcells._common.reading import read_json, read_sealed, read_text, sealed


def test_a_sealed_object_comes_back_without_its_digest(tmp_path):
    path = tmp_path / "a.json"
    value = {"error": 0.1 + 0.2, "σ": [1, None, True], "rows": [{"step": 3}]}
    path.write_text(json.dumps(sealed(value)), encoding="utf-8")
    assert read_sealed(path) == value
    path.write_text(json.dumps(dict(reversed(sealed(value).items())), indent=7), encoding="utf-8")  # the same content
    assert read_sealed(path) == value


@pytest.mark.parametrize("change", [("3", "4"), ("true", "false"), ('"step"', '"stop"'), ("null", "0")])
def test_a_change_is_found(tmp_path, change):
    path = tmp_path / "a.json"
    text = json.dumps(sealed({"a": [1, None, True], "rows": [{"step": 3}]}))
    path.write_text(text.replace(*change, 1))
    with pytest.raises(ValueError, match="a.json is not what was written .its digest differs.: torn or changed"):
        read_sealed(path)


def test_an_object_without_a_digest_is_taken_with_a_word(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"seed": 1}')
    with pytest.warns(UserWarning, match="a.json carries no digest: an older version wrote it"):
        assert read_sealed(path) == {"seed": 1}
    assert read_sealed(path, told=False) == {"seed": 1}  # without a warning, which would be an error here


@pytest.mark.parametrize("name", ["digesu", "", "Digest"])
def test_a_digest_whose_name_was_changed_is_not_a_missing_one(tmp_path, name):
    whole = sealed({"seed": 1, "sha256": "0" * 64})
    path = tmp_path / "a.json"
    path.write_text(json.dumps({(name if key == "digest" else key): entry for key, entry in whole.items()}))
    with pytest.raises(ValueError, match=r"a.json is not what was written \(its digest is called"):
        read_sealed(path)
    path.write_text(json.dumps({**whole, "digest": None}))
    with pytest.raises(ValueError, match=r"a.json is not what was written \(its digest differs"):
        read_sealed(path)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "expected JSON, got something else"),
        (b"[]", "expected a JSON object, got list"),
        (b"[" * 10_000, "expected JSON, got lists within lists, too deep to read"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": 1e400}', "expected finite numbers"),
        (b'{"a": ' + b"9" * 5000 + b"}", "expected JSON, got something else"),
        (b"\xff{}", "expected UTF-8, got something else at byte 0"),
    ],
)
def test_json_that_is_none_is_named(tmp_path, data, told):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(ValueError, match=f"{tmp_path}/a.json: .*{told}") as error:
        read_json(tmp_path / "a.json")
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


def test_a_long_text_is_not_read(tmp_path):
    (tmp_path / "a.txt").write_text("x" * 100)
    assert len(read_text(tmp_path / "a.txt", limit=100)) == 100
    with pytest.raises(ValueError, match="a.txt: expected a text of at most 0 MB, got more"):
        read_text(tmp_path / "a.txt", limit=99)
