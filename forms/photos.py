"""A photo that was sent, taken anew: small, and without what a camera writes beside it. With it comes Pillow, which
nothing else needs."""

import os
from contextlib import suppress
from io import BytesIO

from flask_babel import gettext
from PIL import Image, ImageOps

MEGABYTES, LONGEST_SIDE = 12, 1600
# What a picture may have so that no more than 200 MB of memory are used to take it anew. An ordinary JPEG is made small
# while it is read, a progressive one is kept whole beside it, and all others are decoded in their full size.
MEGAPIXELS = {"JPEG": 170, "progressive JPEG": 25, "progressive CMYK": 18, "PNG": 18, "WEBP": 9}
Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit, which knows of no kinds
os.environ["JPEGMEM"] = "160M"  # libjpeg's own: the parts of any JPEG can be sent so that all must be kept


def taken_anew(file: bytes) -> bytes:
    """A small JPEG of the picture; ValueError, with words for the sender, where it is none that we take."""
    if len(file) > MEGABYTES * 1_000_000:
        raise ValueError(gettext("The photo is larger than %(most)s MB. Choose a smaller one.", most=MEGABYTES))
    try:
        with Image.open(BytesIO(file), formats=("JPEG", "PNG", "WEBP")) as picture:
            most = MEGAPIXELS[_kind(picture)]
            small = _as_seen(picture) if picture.width * picture.height <= most * 1_000_000 else None
    except Exception as error:  # whatever a decoder stumbles over, it is no photo that we can show
        raise ValueError(gettext(
            "This is no photo that we can read: it is no JPEG, PNG or WebP, or it is damaged, or made in an unusual "
            "way. Save it anew as a JPEG, and choose that.")) from error
    if small is None:
        raise ValueError(gettext("This is no photo that we can read: of its kind, we take at most %(most)s megapixels. "
                                 "Choose a smaller one.", most=most))
    new = BytesIO()
    small.save(new, "JPEG", quality=82)
    return new.getvalue()


def _kind(picture: Image.Image) -> str:
    """Some phones' JPEG has several pictures, called MPO; and in a PNG, a text may be called progressive."""
    kind = picture.format.replace("MPO", "JPEG")
    if kind == "JPEG" and picture.info.get("progressive"):
        return "progressive CMYK" if picture.mode == "CMYK" else "progressive JPEG"
    return kind


def _as_seen(picture: Image.Image) -> Image.Image:
    """Decoded in not much more than the size that is kept, where the format allows it, turned as it was held, and on
    white where one can look through it."""
    scale = LONGEST_SIDE / max(picture.size)
    picture.draft(None, (max(1, int(picture.width * scale)), max(1, int(picture.height * scale))))
    if picture.mode == "I;16":  # of its 65,536 greys, convert() would show all but the darkest 256 as white
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        picture = picture.point(lambda grey: grey / 256)
    seen = picture.convert("RGBA")  # a palette's dots cannot be mixed: thin lines would be left out
    picture.close()  # its memory is needed now
    seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = _as_held(seen)
    paper = Image.new("RGBA", upright.size, "white")  # new, so that the JPEG keeps no comment
    return Image.alpha_composite(paper, upright).convert("RGB")


def _as_held(seen: Image.Image) -> Image.Image:
    """Turned, where one can read how. What a camera or a program has written beside a picture may be damaged, and the
    picture whole."""
    with suppress(Exception):
        seen.getexif()  # which keeps what it has read
        seen.info.clear()  # or all of it would be written anew
        return ImageOps.exif_transpose(seen)
    return seen
