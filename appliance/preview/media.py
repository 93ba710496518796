"""Sound and video by ffmpeg: posters, waveforms, a variant that plays everywhere, and files written anew.

Rules: ffmpeg never guesses what a file is, since a playlist would have it open others: the demuxer follows from the
type that the appliance found, and it may read the private folder and pipes alone. Video is copied, never encoded; what
says something inside its stream is left out.
"""

from __future__ import annotations

import json
import subprocess
from array import array
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final

from PIL import Image

from appliance.preview import mpeg4
from appliance.preview.avi import clean_avi
from appliance.preview.content import FOLDER, Content, Outcome, Refused
from appliance.preview.iso_media import clean_in_place
from appliance.preview.pictures import VIEW, add_scaled
from appliance.preview.protocol import (
    CLEANED,
    FFMPEG,
    LARGEST,
    MAX_PIXELS,
    MAX_SIDE,
    WAVEFORM,
    Facts,
    JobKind,
    PartKind,
    Refusal,
)

_DEMUXERS: Final = {
    "video/mp4": "mov",
    "video/3gpp": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/mp2t": "mpegts",
    "video/mpeg": "mpeg",
    "video/x-ms-asf": "asf",
    "video/x-flv": "flv",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/webm": "matroska",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/amr": "amr",
    "audio/aiff": "aiff",
}
_MUXERS: Final = {
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/mp2t": "mpegts",
    "video/mpeg": "vob",
    "video/x-ms-asf": "asf",
    "video/x-flv": "flv",
    "audio/mp4": "mp4",
    "audio/mpeg": "mp3",
    "audio/aac": "adts",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/amr": "amr",
    "audio/aiff": "aiff",
}
_SILENT: Final = {"h264": "6", "hevc": "39-40", "mpeg2video": "178", "av1": "5", "mjpeg": "225-239|254"}
"""Units of a video stream in which an encoder says what it likes, by codec: SEI, user data, APPn and comments."""
_PLAYED_EVERYWHERE: Final = frozenset(
    (("audio/mpeg", "mp3"), ("audio/mp4", "aac"), ("audio/wav", "pcm_s16le"), ("audio/flac", "flac"))
)
"""Containers and codecs that every browser of the last years plays."""
_BARE: Final = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags", "+bitexact")
"""No metadata is carried over, and ffmpeg does not write which of its releases it was."""
_RATE: Final = 8_000
_BLOCK: Final = 80  # samples: a hundredth of a second
_POSTER_S: Final = 4
_SOUND_S: Final = 22
_MOST_S: Final = 1_000_000
_NONE: Final = subprocess.DEVNULL
_PIPE: Final = subprocess.PIPE
_FFPROBE: Final = "/usr/bin/ffprobe"


@dataclass(frozen=True, slots=True)
class Stream:
    """What ffprobe says of a stream. `seconds` is what the container claims, None if nothing."""

    codec: str
    width: int
    height: int
    channels: int
    seconds: float | None


def video(content: Content, outcome: Outcome) -> None:
    """Find out size and length of a video, and make its poster. Without a frame to show there are facts alone."""
    path = content.in_folder()
    stream = probe(path, content.job.type, "V:0")
    if not (0 < stream.width <= MAX_SIDE and 0 < stream.height <= MAX_SIDE):
        raise Refused(Refusal.BROKEN)
    outcome.facts = Facts(width=stream.width, height=stream.height, seconds=stream.seconds)
    start = min(1.0, (stream.seconds or 0.0) / 10)
    frame = _frame(path, content.job.type, start) or _frame(path, content.job.type, 0.0)
    if frame:
        with Image.open(BytesIO(frame), formats=("PPM",)) as image:
            add_scaled(outcome, image.convert("RGB"), PartKind.POSTER)


def sound(content: Content, outcome: Outcome) -> None:
    """Find out length and waveform of a sound by decoding it, and make a variant that plays everywhere if needed.

    What cannot be decoded in time has the length that its container claims, and neither waveform nor variant.
    """
    path = content.in_folder()
    stream = probe(path, content.job.type, "a:0")
    made = None if (content.job.type, stream.codec) in _PLAYED_EVERYWHERE else FOLDER / "variant.mp4"
    heard = _decode(path, content.job.type, stream.channels, made)
    if heard is None:
        outcome.facts = Facts(seconds=stream.seconds)
        return
    peaks, samples = heard
    if not samples:
        raise Refused(Refusal.BROKEN)
    outcome.facts = Facts(seconds=round(samples / _RATE, 3), waveform=waveform(peaks))
    if made is not None:
        outcome.add(PartKind.AUDIO, "audio/mp4", made)


def clean(content: Content, outcome: Outcome) -> None:
    """Write a video or a sound anew without metadata: its first video and sound streams, and nothing else.

    Subtitles and data go as well, since cameras write where they were into them.
    """
    path, of_type = content.in_folder(), CLEANED[content.job.type]
    if content.job.size > LARGEST[JobKind.CLEAN]:  # no room for a second one
        clean_in_place(path)
        outcome.add(PartKind.CLEAN, of_type, path)
        return
    if content.job.type == "video/x-msvideo":
        clean_avi(path)
    muxer, cleaned = _MUXERS[of_type], FOLDER / "cleaned"
    codec = _codec(path, content.job.type) if of_type.startswith("video/") else None
    if codec == "mpeg4" and muxer not in mpeg4.PLACES:
        raise Refused(Refusal.TYPE)
    line = [*_input(content.job.type, path), *_BARE, *_streams(codec), "-c", "copy"]
    if muxer in ("mp4", "mov", "3gp"):
        line += ["-movflags", "+faststart", "-write_tmcd", "0"]
    if muxer == "mp3":
        line += ["-id3v2_version", "0"]
    _run([FFMPEG, *line, "-f", muxer, str(cleaned)])
    path.unlink()
    if codec == "mpeg4":
        mpeg4.silence_file(cleaned, muxer)
    outcome.add(PartKind.CLEAN, of_type, cleaned)


def _codec(path: Path, of_type: str) -> str | None:
    """Return the codec of a file's first video, None if it has sound alone."""
    try:
        return probe(path, of_type, "V:0").codec
    except Refused as refused:
        if refused.why is not Refusal.BROKEN:
            raise
        return None


def _streams(codec: str | None) -> list[str]:
    """Return the arguments that carry over a file's first video, without what is said inside of it, and its sound."""
    if codec is None:
        return ["-map", "0:a:0"]
    said = _SILENT.get(codec)
    return ["-map", "0:V:0", "-map", "0:a?", *(["-bsf:v", f"filter_units=remove_types={said}"] if said else [])]


def probe(path: Path, of_type: str, which: str) -> Stream:
    """Ask ffprobe about one stream of a file; width and height as it is shown. Raises Refused if there is none."""
    shown = "stream=codec_name,width,height,channels:stream_side_data=rotation:format=duration"
    line = ["-select_streams", which, "-show_entries", shown, "-of", "json"]
    said: dict[str, Any] = json.loads(_run([_FFPROBE, *_input(of_type, path), *line]))
    found = next(iter(said.get("streams", ())), None)
    if found is None:
        raise Refused(Refusal.BROKEN)
    width, height = found.get("width", 0), found.get("height", 0)
    if any(round(side.get("rotation", 0)) % 180 for side in found.get("side_data_list", ())):
        width, height = height, width
    seconds = float(said.get("format", {}).get("duration", "nan"))
    is_length = 0 <= seconds <= _MOST_S
    return Stream(found.get("codec_name", ""), width, height, found.get("channels", 1), seconds if is_length else None)


def waveform(peaks: array[int]) -> list[int]:
    """Return the loudness of a hundred parts of equal length, the loudest of all as 100. Silence is all zeros."""
    parts = []
    for number in range(WAVEFORM):
        start, stop = number * len(peaks) // WAVEFORM, (number + 1) * len(peaks) // WAVEFORM
        parts.append(max(peaks[start : max(stop, start + 1)]))
    loudest = max(parts)
    return [round(100 * part / loudest) if loudest else 0 for part in parts]


def _frame(path: Path, of_type: str, start: float) -> bytes:
    """Return the picture that is shown after so many seconds, upright, as PPM; nothing if there is none."""
    scaled = f"scale='min({VIEW},iw)':'min({VIEW},ih)':force_original_aspect_ratio=decrease"
    line = ["-map", "0:V:0", "-frames:v", "1", "-vf", scaled, "-c:v", "ppm", "-f", "image2pipe", "pipe:1"]
    reading = ["-max_pixels", str(MAX_PIXELS), "-ss", f"{start:.3f}", *_input(of_type, path)]
    try:
        return _run([FFMPEG, *reading, *line], seconds=_POSTER_S / 2)
    except Refused:
        return b""


def _decode(path: Path, of_type: str, channels: int, made: Path | None) -> tuple[array[int], int] | None:
    """Decode a sound, and write it as `made` if that is wanted.

    Return the peak of each hundredth of a second and the number of samples; None if time is over.
    """
    line = [*_input(of_type, path), "-map", "0:a:0", "-ac", "1", "-ar", str(_RATE), "-f", "s16le", "pipe:1"]
    if made is not None:
        width = ("-ac", "2", "-b:a", "96k") if channels > 1 else ("-ac", "1", "-b:a", "48k")
        line += ["-map", "0:a:0", *_BARE, "-c:a", "aac", *width]
        line += ["-threads", "1", "-movflags", "+faststart", "-f", "mp4", str(made)]
    try:
        with subprocess.Popen(  # noqa: S603 -- words of this module alone
            [FFMPEG, *line], stdin=_NONE, stdout=_PIPE, stderr=_NONE
        ) as process:
            heard = _peaks(process.stdout) if process.stdout else None
            if heard is None:
                process.kill()
    except FileNotFoundError as error:
        raise Refused(Refusal.MISSING) from error
    if heard and process.returncode:
        raise Refused(Refusal.BROKEN)
    return heard


def _peaks(decoded: IO[bytes]) -> tuple[array[int], int] | None:
    peaks, samples, end = array("H"), 0, monotonic() + _SOUND_S
    while chunk := decoded.read(_RATE * 2):
        heard = array("h", chunk)
        samples += len(heard)
        for start in range(0, len(heard), _BLOCK):
            block = heard[start : start + _BLOCK]
            highest, lowest = max(block), min(block)
            peaks.append(max(highest, -lowest))
        if monotonic() > end:
            return None
    return peaks, samples


def _input(of_type: str, path: Path) -> list[str]:
    """Return the arguments that have ffmpeg and ffprobe read a file as what it is. Raises Refused."""
    if of_type not in _DEMUXERS:
        raise Refused(Refusal.TYPE)
    return [
        "-v",
        "error",
        "-threads",
        "1",
        "-protocol_whitelist",
        "file,pipe",
        "-f",
        _DEMUXERS[of_type],
        "-i",
        str(path),
    ]


def _run(line: list[str], seconds: float | None = None) -> bytes:
    """Run ffmpeg or ffprobe and return what it writes. Raises Refused if it fails or takes longer."""
    try:
        done = subprocess.run(  # noqa: S603 -- words of this module alone
            line, stdin=_NONE, stdout=_PIPE, stderr=_NONE, timeout=seconds, check=True
        )
    except FileNotFoundError as error:
        raise Refused(Refusal.MISSING) from error
    except subprocess.SubprocessError as error:
        raise Refused(Refusal.BROKEN) from error
    return done.stdout
