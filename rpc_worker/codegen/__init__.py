"""A contract as TypeScript: what `rpc-worker generate` writes.

Read in this order: `survey` (which types, in which of the `directions`), `names`, `types` with
`bounds` and `docs`, `references` (what is no plain value), `client` (the interfaces), `values`
(what is there at run time), `codecs`, `descriptors`, `imports`, `places` and `maps` (the way back
into the Python), `plan` (which files with which text), `files` (writing and checking them). Text
is built as plain strings, and no Node is needed. Nothing here is imported by a running worker.
"""
