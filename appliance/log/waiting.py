"""The commands that wait for the writer, and which of them are in the next batch.

Rules:
- each sender's commands keep their order; senders take turns, one command each, so that many commands of one person do
  not delay everybody else's;
- a batch is bounded by its number of commands, its bytes of text and the people it adds, since every sender in it waits
  for all of it. One command is always taken, however large.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from appliance.rules.entry_types import ENTRY_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.log.commands import AnyCommand

MAX_IN_BATCH: Final = 512
MAX_WEIGHT: Final = 100_000
"""Of a batch, in characters of text: five of the longest messages."""
WEIGHT_OF_PERSON: Final = 500
"""What adding a person weighs: a row of their own in several tables, and a view of the room on the feed."""


class Waiting:
    """Commands in line, by sender."""

    def __init__(self) -> None:
        # In the order of turns: the first line is the one whose turn is next. None of them is empty.
        self._lines: dict[str, deque[tuple[AnyCommand, int]]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return self._count

    def put(self, command: AnyCommand) -> None:
        """Add a command behind its sender's others. Raises what weighing it raises, and then it is not added."""
        weighed = (command, weight_of(command))
        self._lines.setdefault(command.sender, deque()).append(weighed)
        self._count += 1

    def put_back(self, commands: list[AnyCommand]) -> None:
        """Add commands that were taken before, in front of their senders' others."""
        for command in reversed(commands):
            self._lines.setdefault(command.sender, deque()).appendleft((command, weight_of(command)))
        self._count += len(commands)

    def keep(self, wanted: Callable[[AnyCommand], bool]) -> None:
        """Drop the commands that are not wanted; asks for each sender's in their order."""
        lines = {
            sender: deque(weighed for weighed in line if wanted(weighed[0])) for sender, line in self._lines.items()
        }
        self._lines = {sender: line for sender, line in lines.items() if line}
        self._count = sum(map(len, self._lines.values()))

    def take(self) -> list[AnyCommand]:
        """Take the commands of the next batch, in the order in which they are to be decided; at least one if any."""
        batch: list[AnyCommand] = []
        left = MAX_WEIGHT
        while self._lines and len(batch) < MAX_IN_BATCH:
            sender = next(iter(self._lines))
            line = self._lines[sender]
            command, weight = line[0]
            if batch and weight > left:
                break
            left -= weight
            batch.append(command)
            line.popleft()
            # Whoever had a turn is last now.
            del self._lines[sender]
            if line:
                self._lines[sender] = line
        self._count -= len(batch)
        return batch


def weight_of(command: AnyCommand) -> int:
    """Return how much of a batch a command takes."""
    weight = WEIGHT_OF_PERSON * command.people_added
    for draft in command.drafts:
        if draft.body is not None:
            weight += ENTRY_TYPES[draft.type].weight(draft.body)
    return weight
