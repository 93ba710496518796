"""With GCHAT_LOG=DEBUG the logs hold no word of a message or a search, no password, hash or token (F75)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from appliance.demo.world import PASSWORD
from tests.faults.appliance import Appliance, clients, sign_in
from tests.faults.test_canary import CANARY, WORDS, found_at_last
from tests.waiting import until

NEW_PASSWORD = "หกนกกระจอกเทศ-8c1d-วิ่งเร็ว"


async def test_a_log_at_debug_holds_no_secret(appliance: Callable[..., Appliance], data: Path) -> None:
    # The demo's logins are shown at start on purpose.
    (data / "demo-logins.json").unlink()
    served = appliance(supervised=True, env={"GCHAT_LOG": "DEBUG"})
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        lalita = await sign_in(session, served, "lalita.w")
        room = served.room("dengue")
        first = await narin.say(room, CANARY, "canary")
        assert await narin.say(room, CANARY, "canary") == first
        edit = {"txn_id": "edit", "body": {"text": f"แก้ไข {CANARY}"}}
        await narin.call("PATCH", f"/rooms/{room}/messages/{first['n']}", edit)
        await narin.call("PATCH", "/me", {"status": CANARY})
        await found_at_last(narin, WORDS[0], 1)
        await lalita.call("POST", "/password", {"old": PASSWORD, "new": NEW_PASSWORD})
        code = await lalita.call("POST", "/second-factors/totp", {"password": NEW_PASSWORD})
    # What says most is the scheduler, which begins a second after the start.
    await until(lambda: "DEBUG" in served.log.read_text(), "a line at DEBUG")
    served.stop()
    log = served.log.read_text()
    for secret in (CANARY, *WORDS, PASSWORD, NEW_PASSWORD, narin.token, lalita.token, code["secret"], "$argon2"):
        assert secret not in log
        assert secret.encode("unicode_escape").decode() not in log
