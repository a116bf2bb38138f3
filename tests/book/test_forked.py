"""Kernels that are forked: each on its own, where and as it was asked for, and gone when it is told to go."""

import os
import sys

import nbformat
import pytest
from forked import forked_kernels
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")


def outputs(folder, *sources):
    """Execute cells in a forked kernel of their own; return what they leave."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with forked_kernels():
        NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return [output for cell in notebook.cells for output in cell.outputs]


def run(folder, source):
    """Execute a cell in a forked kernel of its own; return what it prints."""
    return "".join(output.text for output in outputs(folder, source))


def test_a_kernel_runs_where_and_as_it_was_asked_to(tmp_path, monkeypatch):
    monkeypatch.setenv("OF_THIS_KERNEL", "1")
    assert run(tmp_path, "import os, sys; print(os.getcwd(), os.environ['OF_THIS_KERNEL'])") == f"{tmp_path} 1\n"
    monkeypatch.delenv("OF_THIS_KERNEL")
    assert run(tmp_path, "import os; print(os.environ.get('OF_THIS_KERNEL'))") == "None\n"


def test_kernels_share_modules_and_nothing_else(tmp_path):
    first = "import random, sys; mine, drawn = 1, random.random(); print('torch' in sys.modules, drawn)"
    names = "print([name for name in ('mine', 'random', 'np', 'run') if name in globals()])"
    told, drawn = run(tmp_path, first).split()
    assert told == "True"
    assert run(tmp_path, names) == "[]\n"
    assert run(tmp_path, "import sys; print('pytest' in sys.modules)") == "False\n"
    assert run(tmp_path, first).split() != [told, drawn]  # no random state either


def test_figures_show_as_in_any_kernel(tmp_path):
    source = "import matplotlib.pyplot as plt\nlines = plt.plot([0, 1])"
    (forked,) = outputs(tmp_path, source)
    cell = nbformat.v4.new_code_cell(source)
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3").execute()
    assert [forked.data] == [output.data for output in cell.outputs] and "image/png" in forked.data


def test_a_kernel_that_dies_is_told(tmp_path):
    with pytest.raises(DeadKernelError):
        run(tmp_path, "import os; os._exit(3)")


def test_a_kernel_is_interrupted_and_ends():
    manager = KernelManager()
    with forked_kernels():
        manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    process = manager.provisioner.pid
    asked = client.execute("import time; print('asleep'); time.sleep(60)")
    while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=30)
    assert reply["parent_header"]["msg_id"] == asked and reply["content"]["ename"] == "KeyboardInterrupt"
    client.stop_channels()
    manager.shutdown_kernel()
    assert not manager.is_alive() and not os.path.exists(f"/proc/{process}")


def test_kernels_start_as_ever_afterwards():
    with forked_kernels():
        pass
    manager = KernelManager()
    manager.start_kernel()
    assert type(manager.provisioner).__name__ == "LocalProvisioner"
    manager.shutdown_kernel(now=True)
