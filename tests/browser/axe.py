"""What is measured of every page: axe-core's rules, reflow, Thai line height and the size of targets.

axe-core comes from the client's locked development packages and runs in the page by the debugger's hand, so the page's
content policy stays as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Page

from tests.waiting import until

AXE: Final = Path(__file__).parents[2] / "appliance/client/node_modules/axe-core/axe.min.js"
_RUN: Final = """async () => {
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    preload: false,
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all, none }) =>
      `${id} ${target.join(" ")}: ${[...any, ...all, ...none].map((check) => check.message).join("; ")}`));
}"""
# In the other colours only these can find something else.
_COLOURS: Final = """async () => {
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    preload: false,
    runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) =>
    `other colours: ${id} ${target.join(" ")}: ${any.map((check) => check.message).join("; ")}`));
}"""
_INK: Final = "getComputedStyle(document.body).color"
_STILL: Final = """async () => {
  await document.fonts.ready;
  for (let frame = 0; frame < 2; frame += 1) await new Promise((done) => requestAnimationFrame(done));
  const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(ending.map(({ finished }) => finished));
}"""
# Thai stacks a vowel and a tone mark above, and a vowel below: under 1.5 they touch the lines around (A9).
_LINES: Final = """() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    // Only what has marks above or below can touch: initials and lone consonants cannot.
    if (!/[\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E]/.test(walker.currentNode.data)) continue;
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(".visually-hidden")) continue;
    const style = getComputedStyle(element);
    const ratio = parseFloat(style.lineHeight) / parseFloat(style.fontSize);
    if (!(ratio >= 1.49)) found.add(`${element.className || element.tagName}: ${style.lineHeight} / ${style.fontSize}`);
  }
  return [...found];
}"""
_SIDEWAYS: Final = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide <= 0) return [];
  return [`${wide} px too wide: ` + [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((element) => element.className || element.tagName).slice(0, 5).join(", ")];
}"""
# Only panes scroll: a document that does would show nothing where nothing is.
_TALLER: Final = """() => {
  const more = document.documentElement.scrollHeight - innerHeight;
  if (document.querySelector(".shell") === null || more <= 0) return [];
  return [`the document is ${more} px taller than the window`];
}"""
# 2.5.8: 24 by 24 CSS pixels, or a link within a sentence.
_TARGETS: Final = """() => {
  const kinds = "button, a[href], input, textarea, [role=tab], [role=option], [role=menuitem]";
  return [...document.querySelectorAll(kinds)]
    .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((element) => !element.closest(".visually-hidden, [style*='clip-path']") && !element.matches(".skip-link"))
    .filter((element) => getComputedStyle(element).display !== "inline")
    .map((element) => [element, (element.closest("label") ?? element).getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 1 && height > 1 && (width < 23.5 || height < 23.5))
    .map(([element, { width, height }]) => `target ${element.className || element.tagName} ${width}×${height}`);
}"""
_LAYOUT: Final = (_LINES, _SIDEWAYS, _TALLER, _TARGETS)


async def layout_faults(page: Page) -> list[str]:
    """Return what is wrong with the places and sizes of the page as it stands."""
    await page.mouse.move(0, 0)
    await page.evaluate(_STILL)
    return [fault for script in _LAYOUT for fault in await page.evaluate(script)]


async def faults(page: Page) -> list[str]:
    """Return everything that is wrong with the page as it stands, in its colours and then in the other ones."""
    # A pointer over the page would change it while it is measured: the browser tells late what came to lie under it.
    await page.mouse.move(0, 0)
    await page.evaluate(_STILL)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8") + "\n;true")
    found: list[Any] = []
    for script in (_RUN, *_LAYOUT):
        found += await page.evaluate(script)
    dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    await recolour(page, "light" if dark else "dark")
    found += await page.evaluate(_COLOURS)
    await recolour(page, "dark" if dark else "light")
    return sorted(set(found))


async def recolour(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Give the page the other colours, and wait until it has them: the browser styles it anew only after its answer."""
    before = await page.evaluate(_INK)
    await page.emulate_media(color_scheme=scheme)
    await until(lambda: _has_changed(page, before), f"{scheme} colours")
    await page.evaluate(_STILL)


async def _has_changed(page: Page, before: str) -> bool:
    return bool(await page.evaluate(_INK) != before)
