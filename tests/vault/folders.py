"""What the vault's tests share: set-up folders, cheap passphrases, answers to questions, a view of every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.vault.keyring import Keyring
from appliance.vault.master import Ask, MasterKey, MasterSource, Question, Secret
from appliance.vault.record import Argon2Cost

CHEAP = Argon2Cost(time_cost=1, memory_kib=8, parallelism=1)
PASSPHRASE = "กุญแจหลักของกรมทดสอบ"


@dataclass(frozen=True)
class Folder:
    """A set-up data folder, the way its master key is configured, and who answers for it."""

    path: Path
    source: MasterSource
    ask: Ask
    master: MasterKey
    ring: Keyring
    shares: tuple[str, str, str] | None


def answers(passphrase: str = PASSPHRASE, shares: tuple[str, ...] = ()) -> Ask:
    """Someone who knows a passphrase and holds shares."""

    def ask(question: Question) -> str:
        return shares[question.number - 1] if question.secret is Secret.SHARE else passphrase

    return ask


def write_credential(folder: Path, *keys: bytes) -> None:
    """What systemd would place there: a key a line, 0400."""
    folder.mkdir(exist_ok=True)
    file = folder / "gchat-master-key"
    file.unlink(missing_ok=True)
    file.write_text("".join(f"{key.hex()}\n" for key in keys), "ascii")
    file.chmod(0o400)


def contents(folder: Path) -> Mapping[str, tuple[bytes, int, int]]:
    """Every file under the folder: bytes, mode and time of change."""
    return {
        str(file.relative_to(folder)): (file.read_bytes(), file.stat().st_mode, file.stat().st_mtime_ns)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
