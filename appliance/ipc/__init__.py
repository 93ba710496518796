"""Messages between processes of one machine: MessagePack frames over Unix sockets.

Owns the sockets (who may open one, who is at the other end), the frames and their bounds, a server that answers
requests in order and a client that reconnects. Which messages there are, and what they mean, is their owners' business:
they give a `Protocol`. A leaf: it imports nothing of the product, so that every process may use it.
"""
