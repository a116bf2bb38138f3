"""``python -m gridcells`` is the ``gridcells`` command."""

from gridcells.cli.main import main

main()
