"""What starts, holds and stops the processes of an appliance, and what a process gives up at its start.

Owns the supervisor, the entry of each process, listening sockets, TLS certificates, and making a new appliance. Knows
no feature.
"""
