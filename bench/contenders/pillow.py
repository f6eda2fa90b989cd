"""`pillow.py FILE OUT LEFT TOP RIGHT BOTTOM`: the cut with Pillow, on which thumbor is built."""
import sys

from PIL import Image

Image.MAX_IMAGE_PIXELS = None
file, out, *box = sys.argv[1:]
with Image.open(file) as picture:
    picture.crop(tuple(map(int, box))).convert("RGB").save(out, quality=85)
