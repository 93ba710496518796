"""The search process: analyser, schema, encrypted index, writer, searcher, and server and client over a socket.

A leaf: imports nothing of the other packages and never sees the database.
"""
