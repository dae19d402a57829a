"""A typed class, read: how a `Contract` comes from annotations.

Read in this order: `names`, `hints` (annotations as objects), `aliases`, `annotations` (annotations
as nodes) with `bounds`, `containers`, `enumerations`, `unions`, `uses`, `refusals` and `checks`,
`records` with `fields`, `models` with `model_types` (for who has Pydantic models), `references`
(what stands in a value's place), then `parameters`, `methods`, `events`, `members` (a class as a
namespace), `digest`, and `sources` and `type_names`, which only the generator asks for. Whatever is
wrong is noted with its place, and reading goes on, so that all of it is told at once.
"""
