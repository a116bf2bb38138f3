"""``python -m gridcells`` is the ``gridcells`` command."""

from gridcells._common.launchers import end_with_launcher

end_with_launcher()  # before what takes long to import

from gridcells.cli.main import main  # noqa: E402

main()
