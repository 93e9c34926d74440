"""Pictures: decoded and written anew, so that nothing but the picture is left of what somebody sent."""

import io
import warnings
from dataclasses import dataclass
from typing import IO, Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError, features

from cms.errors import InvalidChange
from cms.language import gettext

EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}
if features.check("avif"):
    EXTENSIONS["AVIF"] = "avif"

MOST_PIXELS = 60_000_000  # a photograph of 60 megapixels takes 180 MB while it is decoded
MOST_FRAME_PIXELS = 400_000_000  # of all frames of an animation together
MOST_PROFILE_BYTES = 8_192  # larger ones describe printers
JPEG_QUALITY = 88

SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": JPEG_QUALITY, "optimize": True, "progressive": True, "comment": b""},
    "PNG": {"compress_level": 7},
    "GIF": {"optimize": False},
    "WEBP": {"quality": 86, "method": 4},
    "AVIF": {"quality": 80, "speed": 8, "max_threads": 1},
}
KEPT_INFO = ("transparency", "duration", "loop", "background", "disposal")


@dataclass(frozen=True)
class Picture:
    """A picture as it is stored."""

    content: bytes
    extension: str
    width: int
    height: int


def reencode(file: IO[bytes]) -> Picture:
    """The picture in ``file``, upright, without its metadata; the same bytes always give the same picture.

    Raises InvalidChange for what is none, is broken, or would take more memory than it is worth.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=list(EXTENSIONS)) as image:
                return _written(image)
    except InvalidChange:
        raise
    except UnidentifiedImageError as error:
        raise InvalidChange(gettext("This is not a picture that can be read."), field="file") from error
    except Image.DecompressionBombError as error:
        raise InvalidChange(_too_large(), field="file") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError) as error:
        raise InvalidChange(gettext("This picture is damaged: it cannot be read to its end."), field="file") from error


def small(file: IO[bytes], side_pixels: int) -> bytes:
    """A WebP of the picture in ``file``, which is one of ours: its first frame, no side longer than that.

    Raises OSError or ValueError when it cannot be read.
    """
    with Image.open(file, formats=list(EXTENSIONS)) as image:
        if image.mode not in ("RGB", "L"):  # colours of a palette, or less than opaque
            image = image.convert("RGBA")
        image.thumbnail((side_pixels, side_pixels))  # of a JPEG it decodes but what it needs
        buffer = io.BytesIO()
        profile = image.info.get("icc_profile") if image.mode == "RGB" else None
        image.save(buffer, "WEBP", quality=80, icc_profile=profile)
    return buffer.getvalue()


def _written(image: Image.Image) -> Picture:
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    frames = 1 if kind == "JPEG" else getattr(image, "n_frames", 1)
    if image.width * image.height > MOST_PIXELS or image.width * image.height * frames > MOST_FRAME_PIXELS:
        raise InvalidChange(_too_large(), field="file")
    profile = image.info.get("icc_profile") or b""
    options = {**SAVE_OPTIONS[kind], "icc_profile": profile if 0 < len(profile) <= MOST_PROFILE_BYTES else None}
    if kind == "GIF":
        del options["icc_profile"]
    if frames > 1:
        pages = [_bare(frame.copy()) for frame in ImageSequence.Iterator(image)]
        options |= {"save_all": True, "append_images": pages[1:], "loop": image.info.get("loop", 0)}
        options["duration"] = [page.info.get("duration", 100) for page in pages]
        if kind == "GIF" and "loop" not in image.info:
            del options["loop"]  # plays once
    else:
        turned = ImageOps.exif_transpose(image)
        pages = [_bare(_in_mode(turned if turned is not None else image, kind, options))]
    buffer = io.BytesIO()
    pages[0].save(buffer, format=kind, **options)
    return Picture(buffer.getvalue(), EXTENSIONS[kind], *pages[0].size)


def _bare(image: Image.Image) -> Image.Image:
    image.load()
    image.info = {name: value for name, value in image.info.items() if name in KEPT_INFO}
    if hasattr(image, "_exif"):
        image._exif = None
    return image


def _in_mode(image: Image.Image, kind: str, options: dict[str, Any]) -> Image.Image:
    """In a mode that browsers show: print colours and 16 bits become what a screen has."""
    if kind == "JPEG" and image.mode not in ("RGB", "L"):
        options["icc_profile"] = None  # it described colours that the picture no longer has
        return image.convert("RGB")
    if kind == "PNG" and image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        options["icc_profile"] = None
        return image.convert("RGB") if image.mode != "I;16" else image.point(lambda value: value / 256).convert("L")
    return image


def _too_large() -> str:
    millions = MOST_PIXELS // 1_000_000
    return gettext("This picture has more than %(most)s million pixels: make it smaller first.", most=millions)
