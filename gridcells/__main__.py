"""``python -m gridcells`` is the ``gridcells`` command."""

from gridcells.cli import main

main()
