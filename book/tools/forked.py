"""Kernels forked from one process that has imported what chapters import: they start at once, and share nothing else.

A chapter with small parameters takes a third of its time to import PyTorch, SciPy, matplotlib and the library. What is
forked holds modules alone: no name of another chapter, no random state, no thread. Python's own fork server does the
forking, and Jupyter's own interface for kernels that are started in another way asks for it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from unittest import mock

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

__all__ = ["ALL", "OF_OTHERS", "ForkedKernel", "forked_kernels"]

OF_OTHERS = ["ipykernel.kernelapp", "matplotlib.pyplot", "torch"]  # nothing of ours
ALL = [  # what brings the rest along, and what comes later: widgets, a first step of training
    *OF_OTHERS,
    "gridcells.book.figures",
    "gridcells.runs.evaluation",
    "ipywidgets",
    "scipy.stats",
    "torch._dynamo",
]
LAUNCHER = "ipykernel_launcher"  # the module that Jupyter would have a new Python run
NAME = "forked"
INLINE = "module://matplotlib_inline.backend_inline"  # as every kernel says before matplotlib is imported
FORKSERVER = multiprocessing.get_context("forkserver")


class ForkedKernel(LocalProvisioner):
    """A kernel on this machine, forked where Jupyter would start a new Python."""

    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel; ``cmd`` is the command that it stands for, ``python -m ipykernel_launcher OPTION ...``."""
        self.cwd = kwargs.get("cwd", Path.cwd())
        options = cmd[cmd.index(LAUNCHER) + 1 :]
        kernel = FORKSERVER.Process(target=_become_kernel, args=(options, str(self.cwd), dict(kwargs["env"])))
        with mock.patch.dict(os.environ, {"MPLBACKEND": os.environ.get("MPLBACKEND", INLINE)}):
            kernel.start()  # and the server, if this is its first
        self.process, self.pid, self.pgid = _Started(kernel), kernel.pid, None
        return self.connection_info


class _Started:
    """A forked process under the names that `subprocess.Popen` has for what Jupyter does with one."""

    stdin = stdout = stderr = None

    def __init__(self, process: Any) -> None:
        self._process = process

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self.poll()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self._process.pid, number)


def _become_kernel(options: list[str], folder: str, environment: dict[str, str]) -> None:
    """Be a kernel from here on, in this folder and this environment."""
    from ipykernel.kernelapp import launch_new_instance

    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    launch_new_instance(argv=[*options, f"--IPKernelApp.parent_handle={os.getppid()}"])  # with which it ends


@contextmanager
def forked_kernels(modules: list[str] = ALL) -> Iterator[None]:
    """Have every kernel that starts meanwhile forked; only on Linux, as elsewhere what is forked may not be sound.

    The first call in a process decides which modules its kernels have imported.
    """
    FORKSERVER.set_forkserver_preload(modules)
    factory = KernelProvisionerFactory.instance()
    usual = factory.default_provisioner_name
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:ForkedKernel", factory.GROUP_NAME)
    if sys.platform == "linux":
        factory.default_provisioner_name = NAME
    try:
        yield
    finally:
        factory.default_provisioner_name = usual
