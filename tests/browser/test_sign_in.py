"""The way in and out: password, second factor, terms, languages, devices."""

from __future__ import annotations

import asyncio
import re
from typing import Final

import pyotp
from playwright.async_api import Route, expect

from appliance.actions.settings import set_helpdesk
from appliance.actions.terms import publish_terms
from appliance.demo.world import OPERATOR, PASSWORD
from tests.agency import Agency
from tests.browser.axe import faults
from tests.browser.conftest import OpenWindow
from tests.browser.window import TWO_FRAMES
from tests.waiting import quiet_clock

_WATCH_THE_FORM: Final = """
globalThis.places = [];
const look = () => {
  const field = document.querySelector("input[autocomplete=username]");
  const place = field && Math.round(field.getBoundingClientRect().y);
  if (place !== null && place !== globalThis.places.at(-1)) globalThis.places.push(place);
  requestAnimationFrame(look);
};
look();
"""
# More than the throttle lets pass.
_TRIES: Final = 12
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


async def test_a_wrong_password_says_so_without_saying_which_half(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    await window.sign_in("narin.p", "ผิดแน่นอน")
    await expect(window.page.get_by_role("alert")).to_have_text("ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง")
    await window.sign_in("nobody.x", PASSWORD)
    await expect(window.page.get_by_role("alert")).to_have_text("ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง")
    await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_have_value("nobody.x")
    await window.sign_in("narin.p")
    await window.entered()


async def test_while_it_signs_in_the_button_says_so(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    answer = asyncio.Event()

    async def hold(route: Route) -> None:
        await answer.wait()
        await route.continue_()

    await window.page.route("**/api/v1/login", hold)
    await window.sign_in("narin.p", PASSWORD)
    button = window.button("กำลังเข้าสู่ระบบ")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(button.locator(".loading-dots")).to_be_visible()
    await expect(window.page.locator("[aria-live=polite]", has_text="กำลังเข้าสู่ระบบ")).to_have_count(1)
    answer.set()
    await window.entered()


async def test_a_wait_counts_down_and_says_when_it_is_over(served: Agency, windows: OpenWindow) -> None:
    """The seconds go down before the eyes, and the end is said."""
    window = await windows(served.url)
    await window.page.clock.install()
    notice = window.page.locator(".notice")
    for number in range(_TRIES):
        await window.sign_in("narin.p", f"ผิดครั้งที่ {number}")
        await expect(window.button("เข้าสู่ระบบ")).to_be_enabled()
        if await notice.filter(has_text="โปรดรอ").count() > 0:
            break
    seconds = int(re.findall(r"\d+", await notice.inner_text())[0])
    await window.page.clock.run_for(1_000)
    counting = notice.locator("span[aria-hidden]")
    await expect(counting).to_contain_text(re.compile(r"โปรดรอ \d+ วินาที"))
    await expect(counting).not_to_contain_text(f"โปรดรอ {seconds} วินาที")
    await window.page.clock.run_for(seconds * 1_000)
    await expect(notice).to_have_text("ลองใหม่ได้แล้ว")


async def test_ones_own_password_is_not_sent_unasked(served: Agency, windows: OpenWindow) -> None:
    """F75."""
    window = await windows(served.url)
    await window.sign_in("narin.p")
    await window.entered()
    await window.open_room()
    text = f"เข้าเครื่องด้วย{PASSWORD}ได้เลย"
    await window.say(text)
    await expect(window.dialog).to_contain_text("ข้อความนี้มีรหัสผ่านของท่าน")
    assert await faults(window.page) == []
    await window.page.keyboard.press("Enter")
    await expect(window.dialog).to_have_count(0)
    await expect(window.composer).to_have_value(text)
    await expect(window.message(text)).to_have_count(0)
    await window.composer.press("Enter")
    await window.button("ส่งทั้งที่มีรหัสผ่าน").click()
    await expect(window.message(text)).to_be_visible()
    await expect(window.composer).to_have_value("")


async def test_password_managers_know_the_fields(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    user, password = window.page.get_by_label("ชื่อผู้ใช้"), window.page.get_by_label("รหัสผ่าน")
    await expect(user).to_have_attribute("autocomplete", "username")
    await expect(user).to_be_focused()
    await expect(password).to_have_attribute("autocomplete", "current-password")
    await expect(password).to_have_attribute("type", "password")
    # Pasting is allowed (WCAG 3.3.8): the field takes what a paste event brings, and the page does not stop it.
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await window.evaluate("text => navigator.clipboard.writeText(text)", PASSWORD)
    for field in (user, password):
        await field.focus()
        await window.page.keyboard.press("Control+V")
        await expect(field).to_have_value(PASSWORD)
    # A page that did stop it would be noticed so.
    await window.evaluate("document.addEventListener('paste', (event) => event.preventDefault())")
    await window.page.keyboard.press("Control+A")
    await window.page.keyboard.press("Delete")
    await window.page.keyboard.press("Control+V")
    await expect(password).to_have_value("")


async def test_the_page_says_what_is_missing_and_whom_to_ask(served: Agency, windows: OpenWindow) -> None:
    """In the language of the moment."""
    await set_helpdesk(served.services, OPERATOR, "02-590-1000 ต่อ 12", "help@moph.go.th", "ห้อง 305")
    window = await windows(served.url)
    await window.button("เข้าสู่ระบบ").click()
    user = window.page.get_by_label("ชื่อผู้ใช้")
    await expect(user).to_be_focused()
    await expect(user).to_have_accessible_description(re.compile("โปรดกรอกชื่อผู้ใช้"))
    await expect(window.page.get_by_text("โปรดกรอกชื่อผู้ใช้", exact=True)).to_be_visible()
    await expect(window.page.get_by_text("โปรดกรอกรหัสผ่าน", exact=True)).to_be_visible()
    await expect(window.page.get_by_role("link", name="02-590-1000 ต่อ 12")).to_have_attribute("href", "tel:025901000")
    await expect(window.page.get_by_text(served.services.config.agency.name_th)).to_be_visible()
    await window.sign_in("narin.p", "ผิดแน่นอน")
    await expect(window.page.get_by_role("alert")).to_have_text("ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง")
    await expect(window.page.get_by_text("แป้นพิมพ์เป็นภาษาไทย")).to_be_visible()
    await window.button("แสดงตัวอักษรที่พิมพ์").click()
    await expect(window.page.get_by_label("รหัสผ่าน", exact=True)).to_have_attribute("type", "text")
    await window.button("English").click()
    await expect(window.page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    assert await faults(window.page) == []


async def test_the_form_stands_still_once_it_is_there(served: Agency, windows: OpenWindow) -> None:
    """What comes late around the form must not move it under the pointer of somebody who presses on it."""
    await set_helpdesk(served.services, OPERATOR, "02-590-1000 ต่อ 12", "help@moph.go.th", "ห้อง 305")
    window = await windows("about:blank")
    window.watch.url = served.url
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(route: Route) -> None:
        asked.set()
        await answer.wait()
        await route.continue_()

    await window.context.route("**/agency", slow)
    await window.context.add_init_script(_WATCH_THE_FORM)
    async with window.page.expect_response(lambda response: response.url.endswith("/me")):
        await window.page.goto(served.url)
    await asked.wait()
    await window.evaluate(TWO_FRAMES)
    answer.set()
    await expect(window.page.get_by_text(served.services.config.agency.name_th)).to_be_visible()
    await expect(window.page.get_by_role("link", name="02-590-1000 ต่อ 12")).to_be_visible()
    await window.evaluate(TWO_FRAMES)
    assert len(await window.evaluate("places")) == 1, await window.evaluate("places")


async def test_a_lost_phone_is_no_lost_account(served: Agency, windows: OpenWindow) -> None:
    """The codes are shown once when TOTP is turned on, and each opens the way in once."""
    window = await windows(served.url, "narin.p")
    await window.page.goto(f"{served.url}/#/settings/security")
    await window.button("เปิดใช้งาน").click()
    await window.dialog.get_by_label("รหัสผ่านปัจจุบัน").fill(PASSWORD)
    await window.dialog.get_by_role("button", name="ต่อไป").click()
    secret = (await window.page.locator(".totp-secret").inner_text()).replace(" ", "")
    await window.dialog.get_by_label("รหัส 6 หลักที่แอปแสดง").fill(pyotp.TOTP(secret).at(served.clock() // 1000))
    await window.dialog.get_by_role("button", name="ยืนยันและเปิดใช้งาน").click()
    shown = window.page.locator(".recovery-codes li")
    await expect(shown).to_have_count(10)
    codes = await shown.all_inner_texts()
    assert await faults(window.page) == []
    done = window.dialog.get_by_role("button", name="เสร็จสิ้น")
    await expect(done).to_have_attribute("aria-disabled", "true")
    await window.dialog.get_by_text("เก็บรหัสไว้แล้ว").click()
    await done.click()
    await expect(window.page.get_by_text("เหลือ 10 รหัสที่ยังไม่ได้ใช้")).to_be_visible()
    other = await windows(served.url)
    await other.sign_in("narin.p")
    await other.button("โทรศัพท์หายหรือไม่มีอยู่กับตัว ใช้รหัสกู้คืน").click()
    await other.page.get_by_label("รหัสกู้คืน").fill(codes[0].lower())
    await other.button("ยืนยัน").click()
    await other.entered()


async def test_signing_out_asks_before_unsent_messages_are_lost(served: Agency, windows: OpenWindow) -> None:
    """Staying keeps them, waiting signs out once they are sent, and what was only begun is asked about."""
    window = await windows(served.url, "narin.p")
    await window.open_room()
    await window.context.set_offline(True)
    await window.say("ส่งตอนไม่มีเครือข่าย")
    await expect(window.message("ส่งตอนไม่มีเครือข่าย")).to_be_visible()
    await window.composer.fill("เขียนค้างไว้")
    await window.evaluate("location.hash = '#/settings'")
    await window.button("ออกจากระบบ").click()
    await expect(window.dialog).to_contain_text("มี 1 ข้อความที่กดส่งแล้ว แต่ยังไม่ถึงเครื่องแม่ข่าย")
    await expect(window.dialog).to_contain_text("เขียนค้างไว้โดยยังไม่ได้กดส่งใน 1 ห้อง")
    assert await faults(window.page) == []
    await window.dialog.get_by_role("button", name="ยังไม่ออกจากระบบ").click()
    await window.button("ออกจากระบบ").click()
    await window.dialog.get_by_role("button", name="รอส่งให้หมดแล้วออกจากระบบ").click()
    await expect(window.dialog).to_contain_text("กำลังรอส่ง 1 ข้อความ")
    await expect(window.dialog).not_to_contain_text("หากออกจากระบบ")
    await window.context.set_offline(False)
    await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    await window.sign_in("narin.p")
    await window.entered()
    await window.open_room()
    await expect(window.message("ส่งตอนไม่มีเครือข่าย")).to_be_visible()


async def test_the_second_factor_takes_thai_digits(served: Agency, windows: OpenWindow) -> None:
    narin = await served.login("narin.p")
    secret = (await narin.post("/second-factors/totp", {"password": PASSWORD}))["secret"]
    totp = pyotp.TOTP(secret)
    await narin.post("/second-factors/totp/confirm", {"code": totp.at(served.clock() // 1000)})
    served.clock.pass_(seconds=60)
    window = await windows(served.url)
    await window.sign_in("narin.p")
    code = window.page.get_by_label("รหัส 6 หลักจากแอปยืนยันตัวตน")
    await expect(code).to_have_attribute("autocomplete", "one-time-code")
    await code.fill("๐๐๐๐๐๐")
    await window.button("ยืนยัน").click()
    await expect(window.page.get_by_role("alert")).to_be_visible()
    await code.fill(totp.at(served.clock() // 1000).translate(THAI_DIGITS))
    await window.button("ยืนยัน").click()
    await window.entered()


async def test_thai_digits_are_there_before_anybody_is_in(served: Agency, windows: OpenWindow) -> None:
    """The code, the terms and a new password speak in the digits chosen on this device."""
    narin = await served.login("narin.p")
    secret = (await narin.post("/second-factors/totp", {"password": PASSWORD}))["secret"]
    totp = pyotp.TOTP(secret)
    await narin.post("/second-factors/totp/confirm", {"code": totp.at(served.clock() // 1000)})
    version = await publish_terms(served.services, OPERATOR, ("ข้อกำหนดฉบับใหม่", "New terms"), ("ก", "A"))
    served.clock.pass_(seconds=60)
    window = await windows(served.url)
    await window.evaluate("() => localStorage.setItem('digits', 'thai')")
    await window.reload()
    await window.sign_in("narin.p")
    await window.page.get_by_label("รหัส ๖ หลักจากแอปยืนยันตัวตน").fill(totp.at(served.clock() // 1000))
    await window.button("ยืนยัน").click()
    facts = window.page.get_by_text(f"ฉบับที่ {str(version).translate(THAI_DIGITS)} มีผลตั้งแต่")
    await expect(facts).to_have_text(re.compile("^[^0-9]+$"))
    await window.button("ยอมรับข้อกำหนด").click()
    await window.entered()
    await window.go("#/settings/security")
    await expect(window.page.get_by_text("อย่างน้อย ๑๒ ตัวอักษร", exact=False)).to_be_visible()


async def test_new_terms_are_read_and_accepted_before_anything_else(served: Agency, windows: OpenWindow) -> None:
    words = ("ข้อกำหนดฉบับใหม่", "New terms"), ("ห้ามเปิดเผยรหัสผ่าน\n\nห้ามส่งต่อข้อมูลลับ", "Keep passwords secret")
    version = await publish_terms(served.services, OPERATOR, *words)
    window = await windows(served.url)
    await window.sign_in("narin.p")
    await expect(window.page.get_by_role("heading", name="ข้อกำหนดฉบับใหม่")).to_be_visible()
    await expect(window.page.get_by_role("region", name="ข้อกำหนดฉบับใหม่")).to_contain_text("ห้ามส่งต่อข้อมูลลับ")
    await expect(window.page.get_by_text(f"ฉบับที่ {version}")).to_be_visible()
    await window.button("ไม่ยอมรับและออกจากระบบ").click()
    await expect(window.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    await window.sign_in("narin.p")
    await window.button("ยอมรับข้อกำหนด").click()
    await window.entered()
    await window.reload()
    await window.entered()


async def test_the_language_changes_without_a_reload(served: Agency, windows: OpenWindow) -> None:
    window = await windows(served.url)
    await window.page.get_by_label("ชื่อผู้ใช้").fill("narin.p")
    await window.evaluate("window.sameDocument = true")
    await window.button("English").click()
    await expect(window.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(window.page.locator("html")).to_have_attribute("lang", "en")
    # What was typed stays, and so does the document.
    await expect(window.page.get_by_label("User name")).to_have_value("narin.p")
    await window.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await window.page.get_by_role("button", name="Sign in").click()
    await window.entered()
    assert await window.evaluate("window.sameDocument")
    await window.go("#/settings/display")
    # The words are what people press; the control itself is drawn anew in the other language.
    await window.page.locator("label").filter(has_text=re.compile("^ไทย$")).click()
    await expect(window.page.get_by_role("heading", name="การแสดงผล")).to_be_visible()
    await expect(window.page.locator("html")).to_have_attribute("lang", "th")
    assert await window.evaluate("window.sameDocument")


async def test_devices_are_listed_and_signed_out_at_once(served: Agency, windows: OpenWindow) -> None:
    office, phone = await windows(served.url, "lalita.w"), await windows(served.url, "lalita.w")
    await phone.open_room()
    await office.go("#/settings/devices")
    devices = office.page.get_by_role("region", name="อุปกรณ์และการเข้าใช้งาน")
    await expect(devices.get_by_text("เครื่องนี้", exact=True)).to_have_count(1)
    await expect(devices.get_by_text("Chromium · Linux").first).to_be_visible()
    await expect(devices.get_by_text("127.0.0.1").first).to_be_visible()
    await expect(devices.get_by_text("เข้าใช้งานสำเร็จ").first).to_be_visible()
    await office.button("ออกจากทุกเครื่องอื่น").click()
    await office.dialog.get_by_role("button", name="ออกจากทุกเครื่องอื่น").click()
    # C21: effective in five seconds, without the phone asking for anything.
    begun = quiet_clock()
    await expect(phone.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    assert quiet_clock() - begun < 5
    await expect(devices.get_by_role("button", name="ออกจากระบบใน")).to_have_count(0)
    await office.go("#/settings")
    await office.button("ออกจากระบบ").click()
    await expect(office.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()


async def test_whoever_says_this_was_not_me_is_alone_and_sets_a_new_password(
    served: Agency, windows: OpenWindow
) -> None:
    """F76."""
    mine, other = await windows(served.url, "lalita.w"), await windows(served.url, "lalita.w")
    await mine.go("#/settings/devices")
    await mine.page.get_by_role("button", name="แจ้งว่าไม่ใช่ของท่าน").first.click()
    await mine.dialog.get_by_role("button", name="ออกจากทุกเครื่องอื่นและเปลี่ยนรหัสผ่าน").click()
    begun = quiet_clock()
    await expect(other.page.get_by_label("ชื่อผู้ใช้")).to_be_visible()
    assert quiet_clock() - begun < 5
    await mine.page.get_by_label("รหัสผ่านเดิมหรือรหัสที่ได้รับ").fill(PASSWORD)
    await mine.page.get_by_label("รหัสผ่านใหม่").fill("ถ้วยชามสังคโลกสีน้ำเงิน")
    await mine.button("บันทึกรหัสผ่าน").click()
    await expect(mine.page.get_by_text("แจ้งว่าไม่ใช่ของท่านแล้ว")).to_be_visible()


async def test_no_script_sees_the_token_of_the_session(served: Agency, windows: OpenWindow) -> None:
    """Neither in the answer to the page, nor when a script clears the headers of a page."""
    window = await windows(served.url)
    async with window.page.expect_response(lambda answer: answer.url.endswith("/login")) as answered:
        await window.sign_in("narin.p")
    response = await answered.value
    assert "token" not in await response.json()
    await window.entered()
    said = await window.evaluate(
        """async ([user, password]) => {
            const tries = [{}, { Origin: "" }, { "Sec-Fetch-Site": "" }].flatMap((headers) =>
                ["cors", "same-origin"].map((mode) => ({ headers, mode })));
            const answers = [];
            for (const { headers, mode } of tries) {
                const sent = await fetch("/api/v1/login", {
                    method: "POST", mode, referrerPolicy: "no-referrer", credentials: "omit",
                    headers: { "Content-Type": "application/json", ...headers },
                    body: JSON.stringify({ user, password }),
                });
                answers.push([sent.status, Object.keys(await sent.json())]);
            }
            return { answers, cookie: document.cookie };
        }""",
        ["narin.p", PASSWORD],
    )
    assert [status for status, _ in said["answers"]] == [200] * 6
    assert not any("token" in keys for _, keys in said["answers"])
    assert said["cookie"] == ""
