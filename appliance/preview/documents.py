"""Pages of PDF files as pictures. Nothing of a file is run: PDFium is built without JavaScript.

Rules: one job renders as many pages as fit in its time, `MAX_PAGES` at most; the appliance asks again for later ones.
"""

from __future__ import annotations

from time import monotonic
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from appliance.preview.content import Content, Outcome, Refused
from appliance.preview.pictures import THUMB, VIEW, as_webp
from appliance.preview.protocol import MAX_PAGES, Facts, PartKind, Refusal

_ENOUGH_S: Final = 4
"""Seconds after which no further page is begun."""


def pages(content: Content, outcome: Outcome) -> None:
    """Count the pages and render some, from the one that the job asks for; with page 1 its thumbnail as well."""
    end = monotonic() + _ENOUGH_S
    document = _opened(content.in_memory())
    outcome.facts = Facts(pages=len(document))
    first = content.job.page
    for number in range(first, min(first + MAX_PAGES, len(document) + 1)):
        _add(document, number, outcome)
        if monotonic() > end:
            break


def _opened(content: bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(content)
        document.init_forms()
    except pypdfium2.PdfiumError as error:
        is_locked = error.err_code == pdfium.FPDF_ERR_PASSWORD
        raise Refused(Refusal.LOCKED if is_locked else Refusal.BROKEN) from error
    return document


def _add(document: pypdfium2.PdfDocument, number: int, outcome: Outcome) -> None:
    """Add a page as a picture. One that is broken is left out."""
    try:
        page = document[number - 1]
        longer = max(page.get_size())
        if not longer > 0:
            return
        image = page.render(scale=VIEW / longer).to_pil().convert("RGB")
        page.close()
        image.thumbnail((VIEW, VIEW))  # a fraction of a pixel may be rounded up
    except pypdfium2.PdfiumError:
        return
    outcome.add(PartKind.PAGE, "image/webp", as_webp(image), image.size, page=number)
    if number == 1:
        image.thumbnail((THUMB, THUMB))
        outcome.add(PartKind.THUMB, "image/webp", as_webp(image), image.size)
