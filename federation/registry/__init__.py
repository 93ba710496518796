"""The registry of agencies: who is enrolled, by which keys, and what the operator has decided of them.

Owns the signed document, the requests by which agencies come into it, and the TUF repository that carries it. Its
pure modules (`document.py` among them) do no I/O.
"""
