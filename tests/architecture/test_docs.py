"""What an administrator may set is told in docs/settings.md, with the default it has; roles are in docs/people.md."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from appliance import policies
from appliance.config import Config
from appliance.files.transfers import (
    MOST_ARRIVING,
    MOST_ARRIVING_OF_ALL,
    MOST_ARRIVING_WAITING,
    MOST_AT_ONCE,
    MOST_OF_ALL,
    MOST_WAITING,
    WAIT_S,
)
from appliance.locale import texts
from appliance.people import ConsoleRole
from appliance.rules.agency_settings import SETTINGS
from appliance.rules.roles import ALL_ROLES
from appliance.rules.uploads import MOST_UPLOADS

BACKUP = re.compile("สำรอง|สำเนา|คัดลอก|back(?:ed)? up|backup|restore", re.IGNORECASE)
PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
CODES = (
    "too_many_requests",
    "too_many_added",
    "busy",
    "content_encoding",
    "too_many_connections",
    "sign_in_delayed",
    "directory_budget",
    "too_slow",
    "storage_full",
    "storage_damaged",
    "database_closed",
    "no_appliance",
    "setup_unfinished",
    "another_agency",
    "database_lost",
    "no_answer",
    "cannot_listen",
    "demo_beyond_loopback",
    "other_release_runs",
    "file_too_large",
    "folder_unsafe",
    "administration_lost",
    "schema_too_old",
    "schema_too_new",
    "writer_stopped",
    "writer_slow",
    "tls_ca_lost",
    "tls_sealed_damaged",
    "upload_too_large",
    "file_type_blocked",
    "label_too_high",
    "too_many_uploads",
    "upload_disk_full",
    "upload_expired",
    "file_not_ready",
    "file_not_yours",
    "file_not_prepared",
    "file_held",
    "file_infected",
    "file_not_cleaned",
    "file_damaged",
    "file_too_many_pixels",
    "preparer_away",
    "quota_person",
    "disk_nearly_full",
)


def documented(page: str) -> Iterator[tuple[str, object]]:
    """Yield each setting of the page's tables with the default it gives."""
    section = ""
    for line in page.splitlines():
        if line.startswith("## "):
            named = re.findall(r"`\[(\w+)\]`", line)
            section = f"{named[0]}." if len(named) == 1 else ""
        cells = line.split("|")
        if len(cells) == 5 and "setting" not in cells[1] and "-" not in cells[1]:
            names, defaults = (re.findall("`([^`]+)`", cell) for cell in cells[1:3])
            for name, default in zip(names, defaults, strict=True):
                yield section + name if "." not in name else name, tomllib.loads(f"value = {default}")["value"]


def settings() -> Iterator[tuple[str, object]]:
    config = Config(Path())
    sections = {
        name: getattr(config, name)
        for name in ("agency", "staff", "limits", "keys", "rooms", "evidence", "files", "clamav", "federation")
    }
    sections |= {item.name: getattr(config.policies, item.name) for item in dataclasses.fields(policies.Policies)}
    assert {*(item.name for item in dataclasses.fields(Config))} - sections.keys() == {"data", "policies"}
    for section, values in sections.items():
        for item in dataclasses.fields(values):
            value = getattr(values, item.name)
            yield f"{section}.{item.name}", list(value) if isinstance(value, tuple) else value


def test_every_setting_is_documented_with_its_default() -> None:
    told = list(documented(PAGE.read_text(encoding="utf-8").partition("## เมื่อถูกปฏิเสธ")[0]))
    assert len(told) == len(dict(told))
    assert dict(told) == dict(settings())


def test_settings_that_change_while_it_runs_are_documented() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## การตั้งค่าที่เปลี่ยนได้ขณะทำงาน")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")] for line in section.splitlines() if line.startswith("| `")]
    told = {row[1].strip("`"): (*(cell.strip("`") for cell in row[2:5]), row[5]) for row in rows}
    assert told == {
        key: (item.encode(item.default), item.kind.__name__, item.command, item.about) for key, item in SETTINGS.items()
    }


def test_refusals_an_administrator_must_act_on_are_documented() -> None:
    refusals = PAGE.read_text(encoding="utf-8").partition("## เมื่อถูกปฏิเสธ")[2]
    for code in CODES:
        assert re.search(rf"^\| `{code}`[ ,]", refusals, re.MULTILINE)
        assert code in texts("th")


def test_limits_of_files_that_are_no_settings_are_documented() -> None:
    """They refuse people, and nobody can look them up in gchat.toml."""
    refusals = PAGE.read_text(encoding="utf-8").partition("## เมื่อถูกปฏิเสธ")[2]
    uploads, busy = (re.search(rf"^\| `{code}`.*$", refusals, re.MULTILINE) for code in ("too_many_uploads", "busy"))
    assert uploads is not None
    assert busy is not None
    assert f"one person has {MOST_UPLOADS} uploads" in uploads.group()
    assert f"of uploads {MOST_ARRIVING} run and {MOST_ARRIVING_WAITING} wait" in busy.group()
    assert f"of downloads {MOST_AT_ONCE} run and {MOST_WAITING} wait, each for {WAIT_S:.0f} seconds" in busy.group()
    assert f"of all people together {MOST_ARRIVING_OF_ALL} and {MOST_OF_ALL:,}" in busy.group()
    files = PAGE.with_name("files.md").read_text(encoding="utf-8")
    assert f"{MOST_UPLOADS} uploads" in files
    assert f"{MOST_ARRIVING} run at once" in files
    assert f"{MOST_AT_ONCE} run at once" in files


def passages(page: str) -> Iterator[str]:
    """Yield each paragraph, item of a list and row of a table on one line."""
    for passage in re.split(r"\n\s*\n|\n(?=\||\s*(?:-|\d+\.) )", page):
        yield " ".join(passage.split())


def test_a_backup_of_the_database_is_never_told_without_the_files() -> None:
    """Whoever kept `gchat.db` and `keyring.json` alone, as the first day once said, would lose every file."""
    told = {}
    for page in PAGE.parent.glob("*.md"):
        of_backups = [one for one in passages(page.read_text("utf-8")) if "`gchat.db`" in one and BACKUP.search(one)]
        told[page.name] = len(of_backups)
        assert [one for one in of_backups if "`files`" not in one] == [], page.name
    # In Thai and in English; in settings.md one row has both.
    least = {"first-day.md": 2, "keys.md": 4, "security.md": 2, "settings.md": 3}
    assert {page: told[page] for page in least} == least


def test_every_role_is_documented_with_whether_it_takes_two_people() -> None:
    page = PAGE.with_name("people.md").read_text(encoding="utf-8")
    table = page.partition("| role |")[2].partition("\n\n")[0]
    cells = [line.split("|") for line in table.splitlines()[2:]]
    listed = {row[1].strip(" `"): row[3].strip() == "ใช่ — yes" for row in cells}
    assert len(listed) == len(cells)
    assert listed == {role: role in set(ConsoleRole) for role in ALL_ROLES}
