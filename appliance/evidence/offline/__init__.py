"""The checks of `gchat-verify`: what a court, an auditor or another agency can judge of a file, without a network.

Modules: `texts` what is said, `outcome` how a check ends, `values` JSON and base64 in their only form, `names` which
key may sign what, `trust` keys and signed checkpoints, `export_file` and `entries` the form of a file, `state` the
fields of each type, `conduct` the rules of the room, `bodies` words and their absence, `seals` gateway seals, `room` a
whole log, `proofs` one entry, `histories` two exports, `heads_file` heads kept elsewhere, `timeline` what was said,
`reports` what follows a good verdict. The command is `evidence.verifier`.

Rules: the standard library and `cryptography` only (`packaging/verifier.py` makes one file of it); no network, no
clock, no database. The rules of the room are those of `appliance.rules`, so that no second copy can drift. JSON, leaves
and exports are read here by other code than the appliance writes them with.
"""
