"""One person's window in a browser that is driven over a W3C standard, and what tests do in it.

`Tab` holds the steps, the same for each engine; an engine gives the five commands under them: go to an address, reload,
run a function in the page, perform key and pointer actions, take a picture. Keys and clicks are real events, as from a
person. Elements are found by CSS and by the words they show or their accessible name.

A tab is watched: an uncaught error, an unhandled rejection or a breach of the content policy fails the test.

Does not: start browsers (`firefox`, `webkit`).
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from appliance.demo.world import PASSWORD
from tests.browser.window import ROOM
from tests.waiting import until

# WebDriver's code points for keys that are no characters.
KEYS: Final = {"Enter": "\ue007", "Escape": "\ue00c", "Control": "\ue009", "Shift": "\ue008", "Home": "\ue011"} | {
    "End": "\ue010",
    "Backspace": "\ue003",
}
SIZE: Final = (1280, 800)
# Installed before the page's own scripts where the engine can, else right after they began.
WATCH: Final = """() => {
  if (window.__seen) return;
  const seen = window.__seen = [];
  // Resize Observer, section 3.4.6: no fault, a size that changed meanwhile is told one frame later.
  const later = /^ResizeObserver loop/;
  addEventListener("error", (event) => later.test(event.message) || seen.push(`uncaught: ${event.message}`));
  addEventListener("unhandledrejection", (event) => seen.push(`unhandled: ${event.reason}`));
  document.addEventListener("securitypolicyviolation", (event) => {
    seen.push(`policy breached: ${event.violatedDirective} ${event.blockedURI}`);
  });
}"""
_FOUND: Final = """[...document.querySelectorAll(css)].filter((element) =>
  element.checkVisibility({ visibilityProperty: true })
  && (text === null || (element.ariaLabel ?? "").includes(text) || (element.innerText ?? "").includes(text)))"""
_COUNT: Final = f"(css, text) => {_FOUND}.length"
_TEXTS: Final = f"(css, text) => {_FOUND}.map((element) => element.innerText)"
# The middle of the element, once it is what lies there: null while it is covered or moves.
_POINT: Final = f"""async (css, text) => {{
  const [element] = {_FOUND};
  if (element === undefined) return null;
  element.scrollIntoView({{ block: "nearest" }});
  const middle = () => {{
    const box = element.getBoundingClientRect();
    return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
  }};
  const [x, y] = middle();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const [laterX, laterY] = middle();
  return x === laterX && y === laterY && element.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
}}"""
# `serviceWorker.ready` alone is not enough: the page must be answered by the worker to come back without a server.
_CONTROLLED: Final = "() => navigator.serviceWorker.controller !== null"

_VALUE: Final = "(css, text) => document.querySelector(css).value === text"
_STATE: Final = """() => [
  `${document.activeElement?.outerHTML.slice(0, 120)} ${document.hasFocus()}`, document.body.innerText]"""
_AT_NEWEST: Final = '() => [...document.querySelectorAll("[role=log] article")].at(-1) === document.activeElement'


@dataclass(eq=False)
class Tab(ABC):
    """A window of its own in a browser profile of its own. `url` is the appliance's."""

    url: str
    breaches: list[str] = field(default_factory=list)

    # --- what an engine gives ---

    @abstractmethod
    async def navigate(self, address: str) -> None:
        """Go to an address and wait until its document is there."""

    @abstractmethod
    async def refresh(self) -> None:
        """Reload and wait until the document is there."""

    @abstractmethod
    async def call(self, function: str, arguments: list[Any]) -> Any:
        """Run a function of JavaScript in the page and return its awaited, JSON-encodable value."""

    @abstractmethod
    async def perform(self, actions: list[dict[str, Any]]) -> None:
        """Perform W3C input actions."""

    @abstractmethod
    async def picture(self) -> str:
        """Return what the window shows: a PNG in base64."""

    # --- going somewhere ---

    async def open(self) -> None:
        """Open the appliance's page."""
        await self.navigate(self.url)
        await self.evaluate(WATCH)

    async def reload(self) -> None:
        """Reload; without a server, the page comes from the service worker."""
        await self.collect()
        await self.refresh()
        await self.evaluate(WATCH)

    async def go(self, route: str) -> None:
        """Follow an address within the client."""
        await self.evaluate("route => { location.hash = route }", route)

    async def controlled(self) -> None:
        """Wait until the service worker answers for this page."""
        await self.holds(lambda: self.evaluate(_CONTROLLED), "the service worker controls the page")

    # --- looking ---

    async def evaluate(self, function: str, *arguments: Any) -> Any:
        """Run a function of JavaScript in the page."""
        return await self.call(function, list(arguments))

    async def collect(self) -> None:
        """Take down what happened in the document that must not happen."""
        self.breaches += await self.evaluate("() => window.__seen?.splice(0) ?? ['the page was not watched']")

    async def holds(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until a condition holds. Raises AssertionError that says what the window shows instead."""
        try:
            await until(condition, what)
        except AssertionError as error:
            focus, shown = await self.evaluate(_STATE)
            raise AssertionError(f"{error}; the focus is on {focus}; the window shows:\n{shown}") from None

    async def sees(self, css: str, text: str | None = None) -> None:
        """Wait until an element is visible that says this."""

        async def there() -> bool:
            return bool(await self.evaluate(_COUNT, css, text))

        await self.holds(there, f"{css} {text or ''} is visible")

    async def misses(self, css: str, text: str | None = None) -> None:
        """Wait until no element is visible that says this."""

        async def gone() -> bool:
            return not await self.evaluate(_COUNT, css, text)

        await self.holds(gone, f"{css} {text or ''} is gone")

    async def texts(self, css: str, text: str | None = None) -> list[str]:
        """Return what the visible elements say, in reading order."""
        found: list[str] = await self.evaluate(_TEXTS, css, text)
        return found

    # --- doing ---

    async def click(self, css: str, text: str | None = None) -> None:
        """Press the pointer on the first such element, once it can be pressed."""
        points: list[tuple[int, int]] = []

        async def reachable() -> bool:
            point = await self.evaluate(_POINT, css, text)
            points.extend([] if point is None else [point])
            return point is not None

        await self.holds(reachable, f"{css} {text or ''} can be pressed")
        x, y = points[0]
        steps: list[dict[str, Any]] = [{"type": "pointerMove", "x": x, "y": y}]
        steps += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        await self.perform([{"type": "pointer", "id": "mouse", "actions": steps}])

    async def type(self, text: str, *, first: str | None = None, pause_ms: int = 0) -> None:
        """Type; `first` is a key before it, in the same run of events, so that nothing of the page comes between."""
        steps: list[dict[str, Any]] = []
        for stroke in ([KEYS[first]] if first else []) + list(text):
            steps += [{"type": kind, "value": stroke} for kind in ("keyDown", "keyUp")]
            steps += [{"type": "pause", "duration": pause_ms}] if pause_ms else []
        await self.perform([{"type": "key", "id": "keyboard", "actions": steps}])

    async def fill(self, css: str, text: str) -> None:
        """Type into an empty field, and see that all of it is there."""

        async def ready() -> bool:
            # Like a person, press once more when the field went away under the pointer.
            await self.click(css)
            return bool(await self.evaluate(_COUNT, f"{css}:focus", None))

        await self.holds(ready, f"{css} has the focus")
        await self.type(text)
        await self.holds(lambda: self.evaluate(_VALUE, css, text), f"{css} has what was typed")

    async def press(self, chord: str) -> None:
        """Press keys together: «Control+k»."""
        strokes = [KEYS.get(key, key) for key in chord.split("+")]
        steps = [{"type": "keyDown", "value": stroke} for stroke in strokes]
        steps += [{"type": "keyUp", "value": stroke} for stroke in reversed(strokes)]
        await self.perform([{"type": "key", "id": "keyboard", "actions": steps}])

    # --- in the words of the client ---

    async def sign_in(self, user: str) -> None:
        """Open the page, fill in the form, press the button, and wait for the rooms."""
        await self.open()
        await self.fill("input[autocomplete=username]", user)
        await self.fill("input[autocomplete=current-password]", PASSWORD)
        await self.click("button[type=submit]", "เข้าสู่ระบบ")
        await self.entered()

    async def entered(self) -> None:
        """Wait until the rooms are there."""
        await self.sees(".rooms-list li")

    async def open_room(self, room: str = ROOM) -> None:
        """Open a room from the list, go to its newest message, and be ready to write."""
        await self.click(".rooms-list a", room)
        await self.sees("[role=log] article")
        await self.sees("textarea", room)

        async def in_the_list() -> bool:
            # The messages are drawn a moment before they take keys.
            await self.press("Control+Shift+Home")
            return bool(await self.evaluate(_COUNT, "[role=log] [data-row]:focus", None))

        await self.holds(in_the_list, "a message has the focus")
        await self.press("End")
        await self.holds(lambda: self.evaluate(_AT_NEWEST), "the newest message has the focus")
        await self.click("textarea", room)
        await self.sees("textarea:focus")

    async def say(self, text: str) -> None:
        """Write in the field that has the focus, and send with Enter."""
        await self.type(text)
        await self.press("Enter")

    async def said(self, text: str) -> None:
        """Wait until the open room has a message that says this."""
        await self.sees("[role=log] article", text)


async def free_of_breaches(tabs: list[Tab]) -> None:
    """Fail when something happened in one of them that must not happen."""
    await asyncio.gather(*(tab.collect() for tab in tabs))
    breaches = [breach for tab in tabs for breach in tab.breaches]
    assert not breaches, breaches


def wrapped(function: str) -> str:
    """Return a function that takes its arguments as one JSON text and returns its value as one."""
    return f"async (given) => JSON.stringify((await ({function})(...JSON.parse(given))) ?? null)"


def encoded(arguments: list[Any]) -> str:
    """Return the arguments of a `wrapped` function."""
    return json.dumps(arguments)
