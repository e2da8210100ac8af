"""Where the processes of a Ray cluster look for modules."""

from pathlib import Path

import ray.job_config

_INSTALLED = ("site-packages", "dist-packages")
"""Folders where every process looks anyway."""


class OurModules(ray.job_config.JobConfig):
    """A job whose workers import what this process imports, and not what lies where it started.

    Ray puts the working folder before all others: a file `methods.py` there would hide ours.
    """

    def _serialize(self) -> str:
        if self._py_driver_sys_path:  # empty where Ray has unpacked our code for the job
            self._py_driver_sys_path = _folders()
        return super()._serialize()


def _folders() -> list[str]:
    """The folder of our packages, where they aren't installed."""
    home = Path(__file__).parents[2]
    return [] if home.name in _INSTALLED else [str(home)]
