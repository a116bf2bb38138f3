"""nbval runs cells without history, where IPython overlooks the `;` that silences a value: keep the history."""

from __future__ import annotations

from nbval.kernel import RunningKernel


def _execute_with_history(self: RunningKernel, cell_input: str, allow_stdin: bool | None = None) -> str:
    """As nbval's own method, but for its `store_history=False`; returns the message's id."""
    return self.kc.execute(cell_input, allow_stdin=allow_stdin, stop_on_error=False)


RunningKernel.execute_cell_input = _execute_with_history
