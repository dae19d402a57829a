"""A contract as TypeScript: what `rpc-worker generate` writes.

Read in this order: `survey` (which types, in which direction), `names`, `types`, `client`, `plan`
(which files with which text), `files` (writing and checking them). Text is built as plain strings,
and no Node is needed. Nothing here is imported by a running worker.
"""
