"""Runs a Python module with its clock set ahead, as `python -m` would: clocked.py SECONDS MODULE ARGUMENT..."""

import runpy
import sys
import time
from pathlib import Path

import time_machine

if __name__ == "__main__":
    _, ahead, module, *arguments = sys.argv
    sys.path[0], sys.argv = str(Path.cwd()), [module, *arguments]
    time_machine.travel(time.time() + float(ahead), tick=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
