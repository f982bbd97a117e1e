"""What runs inside the script's own Python: this folder is put on its PYTHONPATH.

`sitecustomize.py` starts `cairn_hook`, which needs nothing but the standard library: the
script may run in an environment that has never heard of Cairn, on Python 3.8 or newer.
"""
