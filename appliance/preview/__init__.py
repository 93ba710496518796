"""The worker that decodes what people send: one fenced process for each file.

A leaf: it knows nothing of the appliance, and holds no key.
"""
