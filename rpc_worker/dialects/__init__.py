"""What kkrpc's clients say, as the channel's own calls, answers, streams and callbacks.

A line of theirs is known by what it has and JSON-RPC has not (protocol, section 13), and is
answered in the dialect that it came in. Here is only how that is written and read: what is called,
checked, limited and run is the channel's affair, whoever asks. The first such line has this
imported; a worker that meets none does not carry it.
"""
