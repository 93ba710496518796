"""The room log: everything that happens in a room is an entry, appended by one writer and told to all followers.

`intake.py` takes commands in, `writer.py` appends, `heads.py` keeps the rooms in memory, `plan.py` turns commands into
rows, `bodies.py` opens and seals, `events.py` gives entries the shape clients see, `receipts.py` and `checkpoints.py`
ride along.
"""
