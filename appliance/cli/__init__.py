"""`gchat …`: what an administrator and a developer type.

Owns the grammar (one light module a command group), the dispatch table (`main.COMMANDS`) and what is said at a terminal
(`terminal`). `local/` has the commands that this process carries out by itself; the others are in
`appliance.administration`. It holds no rule: commands call actions, as the API does.
"""
