"""A contract of several modules, for what an editor finds in it, and tells of it."""
