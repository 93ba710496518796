"""The room log: everything that happens in a room is an entry, appended by one writer and published to all followers.

The way of a command: `intake.py` limits and queues it, `writer.py` takes a batch, `commits.py` and `plan.py` decide it
and write it in one transaction, `feed.py` publishes it. `heads.py` keeps rooms in memory, `bodies.py` seals and opens
bodies, `events.py` gives entries the shape that clients see. `receipts.py` and `checkpoints.py` work beside the writer.
What comes from other agencies takes the same way (`foreign.py`); what they are given is `giving.py`, and what is on its
way to them `outbox.py`.
"""
