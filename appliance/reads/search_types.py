"""The types of messages in the search index: by the forms of the files that they carry.

The index keeps one name for each message, and leaves out those whose name is not among the ones that are asked for.
A message may carry files of several forms, so its name is all of them, and who looks for one form asks for every name
that has it.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from appliance.attachments import FileForm

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT: Final = "text"
"""A message without files."""
_FORMS: Final = sorted(form.value for form in FileForm)
_WITH_FILES: Final = ["+".join(found) for count in range(1, len(_FORMS) + 1) for found in combinations(_FORMS, count)]


def index_type(forms: Iterable[str]) -> str:
    """Return the name of a message that carries files of these forms."""
    return "+".join(sorted(set(forms))) or TEXT


def index_types(form: str | None, *, has_file: bool | None) -> list[str] | None:
    """Return the names of messages that carry a file of this form (`text`: none), or any file; None for all."""
    if form is None and has_file is None:
        return None
    names = [TEXT, *_WITH_FILES] if form is None else [TEXT] if form == TEXT else _having(form)
    return names if has_file is None else [name for name in names if (name != TEXT) == has_file]


def _having(form: str) -> list[str]:
    return [name for name in _WITH_FILES if form in name.split("+")]
