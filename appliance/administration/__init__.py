"""Administration by `gchat …`: what an operator may have done, in a running server or in a stopped appliance.

Owns the commands (`commands.COMMANDS`: what each takes and does), the dialogue with the person who typed one
(`terminal`), who that is (`operators`), and the server's end of the administration socket (`server`, `protocol`).

Rules: a running server is the only writer of its database, so a command reaches it through the socket `admin.sock` in
the data folder; where no server runs, the command line carries out the same command in its own process, holding the
folder's lock. Only the server's own user and root may connect, which the kernel says. Passwords are asked for, never
taken as arguments, and stand in no log. A command that was begun is carried out even if whoever typed it has
disconnected, but one that waits for an answer ends then, with nothing done.

Does not: decide who may do what (actions ask `rules/`), parse the command line (`appliance.cli`).
"""
