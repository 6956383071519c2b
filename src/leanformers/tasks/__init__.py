"""The tasks of `pipeline()`, one module each. ← ADD A TASK: a module here, and a line in pipelines.py."""
