"""In place of the package of this name, where it is not installed: see original_names.py beside this folder."""

import prefer_installed

if not prefer_installed.load(__name__):
    import original_names

    original_names.install(__name__)
