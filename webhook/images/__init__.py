"""What an image runs, as its registry says it.

`lookup` is the way in: from a `reference` and `credentials` to the `program` of each `platform`, kept in a `cache` (`memory`, and
one `flight` for all who ask at the same time). It asks a `repository`, which shows an `authorization` where a `challenge` wants
one and reads `manifest`s; each question is an `exchange`, redirects included, over `registry`, the HTTP client. `failures` are
answers that are none, a `destination` is where no name may lead, and `choice` makes one argv of what differs.
"""
