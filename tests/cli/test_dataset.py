"""`gridcells dataset make` and `gridcells dataset info`."""

import pytest

from gridcells.cli.main import main


def lines(words, capsys):
    main([str(word) for word in words])
    return capsys.readouterr().out.splitlines()


def test_make_then_info(tmp_path, capsys):
    words = ["dataset", "make", "square_room", "--trajectories", 12, "--out", tmp_path, "--files", 3, "--workers", 1]
    folder = tmp_path / "square_room_100steps_2.2m_12"
    assert lines(words, capsys) == [f"dataset: {folder}"]
    told = lines(["dataset", "info", folder], capsys)
    assert told[0].split() == ["files", "3", "of", "3"]
    assert told[1].split() == ["paths", "12", "of", "100", "samples"]
    assert told[2].startswith("speed                0.1")
    assert told[-1] == f"plot: {folder / 'info.png'}"
    assert (folder / "info.png").read_bytes().startswith(b"\x89PNG")


def test_damaged_records_stop_it_or_are_counted(tmp_path, capsys):
    words = ["dataset", "make", "square_room", "--trajectories", 4, "--out", tmp_path, "--files", 1, "--workers", 1]
    lines(words, capsys)
    folder = tmp_path / "square_room_100steps_2.2m_4"
    path = folder / "0000-of-0000.tfrecord"
    damaged = bytearray(path.read_bytes())
    damaged[-100] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(SystemExit) as stop:
        main(["dataset", "info", str(folder)])
    assert stop.value.code == 2
    assert "0000-of-0000.tfrecord: record 3 at byte" in capsys.readouterr().err
    told = lines(["dataset", "info", folder, "--skip-corrupt"], capsys)
    assert "left out             1 damaged" in told
    assert any("record 3 at byte" in line for line in told)


def test_bad_input(tmp_path, capsys):
    for words, message in (
        (["dataset", "info", tmp_path / "none"], "none: expected a folder of TFRecord files, found none"),
        (
            ["dataset", "make", "square_room", "--trajectories", 3, "--files", 5, "--out", tmp_path],
            "files: expected",
        ),
        (
            ["dataset", "info", tmp_path, "--out", "plot.jpg"],
            "out's suffix: expected one of '.png', '.pdf', got '.jpg'",
        ),
    ):
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        assert stop.value.code == 2
        assert message in capsys.readouterr().err


def test_training_on_damaged_data(tmp_path, capsys):
    small = ["--set", "training.steps=2", "--set", "batch=2", "--set", "linear_units=8", "--set", "scoring.paths=50"]
    small += ["--set", "null_maps=5", "--set", "evaluate_every=2"]
    lines(
        ["dataset", "make", "square_room", "--trajectories", 6, "--out", tmp_path, "--files", 1, "--workers", 1], capsys
    )
    folder = tmp_path / "square_room_100steps_2.2m_6"
    path = folder / "0000-of-0000.tfrecord"
    damaged = bytearray(path.read_bytes())
    damaged[200] ^= 1
    path.write_bytes(damaged)
    words = ["train", "banino2018_code", *small, "--data", str(folder)]
    with pytest.raises(SystemExit):
        main([*words, "--out", str(tmp_path / "stops")])
    assert "0000-of-0000.tfrecord: record 0 at byte 0: the checksum of its data is wrong" in capsys.readouterr().err
    told = lines([*words, "--skip-corrupt", "--out", tmp_path / "goes"], capsys)
    assert told[0] == f"left out of {folder}: 1 damaged records"
    assert "record 0 at byte 0" in told[1]
    assert (tmp_path / "goes" / "weights.safetensors").is_file()
