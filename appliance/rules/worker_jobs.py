"""What is done with a file of a type: what is made to be shown in its place.

Pure. The types are those of `rules/file_types.py`; what the worker can do with them is in `preview/protocol.py`.
"""

from __future__ import annotations

from typing import Final

from appliance.attachments import FileForm
from appliance.preview.protocol import CLEANED, JobKind
from appliance.rules.file_types import INLINE

# Other names of types that the worker knows by one.
_NAMES: Final = {
    "audio/x-m4a": "audio/mp4",
    "audio/3gpp": "audio/mp4",
    "audio/opus": "audio/ogg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-aac": "audio/aac",
    "audio/x-matroska": "audio/webm",
    "audio/x-aiff": "audio/aiff",
    "video/avi": "video/x-msvideo",
    "video/msvideo": "video/x-msvideo",
    "video/x-ms-wmv": "video/x-ms-asf",
    "audio/x-ms-wma": "video/x-ms-asf",
}
_ENDS: Final = {"image/jpeg": "jpg", "image/png": "png"}
# Containers of sound and video: what a recorder calls video may hold a voice alone.
_AS_SOUND: Final = {"video/webm": "audio/webm", "video/x-matroska": "audio/webm", "video/mp4": "audio/mp4"}
# Other types are documents: no browser plays them, and of a scan of many pages a picture would show the first alone.
_SHOWN: Final = (*CLEANED.keys() & INLINE, "image/heic", "image/heif", "image/avif", "video/x-matroska")
_JOBS: Final = {
    **dict.fromkeys((one for one in _SHOWN if one.startswith("image/")), JobKind.PICTURE),
    **dict.fromkeys((one for one in _SHOWN if one.startswith("video/")), JobKind.VIDEO),
    **dict.fromkeys((one for one in _SHOWN if one.startswith("audio/")), JobKind.SOUND),
    "application/pdf": JobKind.PDF,
}


def worker_type(media_type: str, form: FileForm = FileForm.DOCUMENT) -> str:
    """Return the name by which the worker knows a type."""
    if form in (FileForm.SOUND, FileForm.VOICE):
        media_type = _AS_SOUND.get(media_type, media_type)
    return _NAMES.get(media_type, media_type)


def job_for(media_type: str) -> JobKind | None:
    """Return the job that makes what is shown in place of a file, None where nothing is."""
    return _JOBS.get(media_type)


def shown_as(media_type: str, form: FileForm) -> FileForm:
    """Return how a file is shown: a picture or a video that nothing can be made of is a document."""
    needs = {FileForm.PICTURE: JobKind.PICTURE, FileForm.VIDEO: JobKind.VIDEO}.get(form)
    return form if needs is None or job_for(media_type) is needs else FileForm.DOCUMENT


def renamed(name: str, before: str, after: str) -> str:
    """Return the name of a file that was cleaned, with the end that fits its new type where that is another."""
    end = _ENDS.get(after)
    if before == after or end is None:
        return name
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot else name}.{end}"
