"""Pictures for a development site: flat designs, drawn, the same each time."""

import io
import math
import random

from PIL import Image, ImageDraw

SIZE = (1200, 675)
PALETTES = (
    ("#f4efe6", "#1f5f63", "#3d8c84", "#e3b04b", "#c8553d"),
    ("#e8eef2", "#243b53", "#486581", "#f0b429", "#9fb3c8"),
    ("#fbf3ee", "#4a3f55", "#8e7c93", "#d0a5c0", "#f6c0d0"),
    ("#eef3e7", "#2f4b26", "#6a994e", "#a7c957", "#bc4749"),
)


def drawn(design: str, number: int) -> bytes:
    """A PNG of ``hills``, ``tiles`` or ``bars``; ``number`` chooses its colours and shapes."""
    chance = random.Random(number)  # noqa: S311 (a picture, no secret)
    colours = PALETTES[number % len(PALETTES)]
    image = Image.new("RGB", SIZE, colours[0])
    DESIGNS[design](ImageDraw.Draw(image), colours, chance)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def face(number: int) -> bytes:
    """A square PNG that stands for a person."""
    colours = PALETTES[number % len(PALETTES)]
    image = Image.new("RGB", (400, 400), colours[4])
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 250, 340, 560), fill=colours[1])
    draw.ellipse((120, 80, 280, 260), fill=colours[0])
    draw.pieslice((110, 60, 290, 240), 180, 360, fill=colours[2])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _hills(draw: ImageDraw.ImageDraw, colours: tuple[str, ...], chance: random.Random) -> None:
    width, height = SIZE
    across = chance.randrange(200, 900)
    draw.ellipse((across, 90, across + 170, 260), fill=colours[3])
    for layer, colour in enumerate((colours[4], colours[2], colours[1])):
        shift, base = chance.random() * 6, height * (0.5 + 0.15 * layer)
        ridge = [
            (x, base + 50 * math.sin(x / 190 + shift) + 22 * math.sin(x / 67 + 2 * shift))
            for x in range(0, width + 9, 8)
        ]
        draw.polygon([*ridge, (width, height), (0, height)], fill=colour)


def _tiles(draw: ImageDraw.ImageDraw, colours: tuple[str, ...], chance: random.Random) -> None:
    side = 75
    for left in range(0, SIZE[0], side):
        for top in range(0, SIZE[1], side):
            corner = chance.randrange(5)
            if corner == 4:
                continue
            across, down = left + side * (corner % 2), top + side * (corner // 2)
            start = (0, 90, 270, 180)[corner]
            box = (across - side, down - side, across + side, down + side)
            draw.pieslice(box, start, start + 90, fill=chance.choice(colours[1:]))


def _bars(draw: ImageDraw.ImageDraw, colours: tuple[str, ...], chance: random.Random) -> None:
    wide = SIZE[0] // 12
    for number in range(12):
        tall = chance.randrange(120, 600)
        left = number * wide + 14
        draw.rounded_rectangle((left, SIZE[1] - tall, left + wide - 28, SIZE[1] + 40), 18, fill=colours[1 + number % 4])


DESIGNS = {"hills": _hills, "tiles": _tiles, "bars": _bars}
