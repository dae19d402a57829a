"""A typed class, read: how a `Contract` comes from annotations.

Read in this order: `names`, `hints` (annotations as objects), `annotations` (annotations as nodes)
with `uses`, `unions`, `refusals`, `checks` and `records`, `references` (what stands in a value's
place), then `parameters`, `methods`, `events`, `members` (a class as a namespace), `digest`, and
`sources`, which only the generator asks for. Whatever is wrong is noted with its place, and reading
goes on, so that all of it is told at once.
"""
