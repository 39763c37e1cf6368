"""A photo as it is kept: taken anew from its pixels alone, so that nothing else in the file comes along."""

from io import BytesIO

from flask import request
from flask_babel import gettext
from PIL import Image, ImageOps
from wtforms import FileField

MEGABYTES, PIXELS, LONGEST_SIDE = 12, 60_000_000, 1600


class PhotoField(FileField):
    """A picture to send along. `data` is the new JPEG; None where there is no photo."""

    def __init__(self, label, **kwargs):
        # Phones that keep photos in a format of their own send one of these when they are asked to.
        super().__init__(label, render_kw={"accept": "image/jpeg,image/png,image/webp"}, **kwargs)
        self.flags.optional = True

    def process_formdata(self, _typed):
        sent = request.files.get(self.name)
        self.data = _taken_anew(sent.stream.read(MEGABYTES * 1_000_000 + 1)) if sent else None


def _taken_anew(file: bytes) -> bytes:
    if len(file) > MEGABYTES * 1_000_000:
        raise ValueError(gettext("The photo is larger than %(most)s MB. Choose a smaller one.", most=MEGABYTES))
    try:
        with Image.open(BytesIO(file), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > PIXELS:
                raise ValueError
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            small = ImageOps.exif_transpose(picture).convert("RGB")
    except Exception as error:  # whatever a decoder stumbles over, it is no photo that we can show
        raise ValueError(gettext("This is no photo that we can read. Choose a JPEG, PNG or WebP.")) from error
    small.info.clear()  # a JPEG would keep its comment
    new = BytesIO()
    small.save(new, "JPEG", quality=82)
    return new.getvalue()
