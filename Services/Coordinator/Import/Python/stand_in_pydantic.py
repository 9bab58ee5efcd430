"""In place of pydantic, where it is not installed: see small_pydantic.py beside this folder."""

import prefer_installed

if not prefer_installed.load(__name__):
    from small_pydantic import *  # noqa: F401, F403
