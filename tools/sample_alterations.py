"""The alterations of the sample data: what is done to a picture, and what PDQ finds of it.

`plain` and `wide` are the recalls in per cent that the PDQ study of 46 photographs measured at
distance 31 with quality 50 or more on both sides: `plain` asks one hash for each picture, `wide`
asks thirty variants of it. Nothing promises more than these figures; docs and report repeat them.
"""

import dataclasses
import typing

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageOps

JPEG_QUALITY = 92


@dataclasses.dataclass(frozen=True)
class Alteration:
    name: str
    text: str
    plain: int
    wide: int
    make: typing.Callable  # (Image, seed) -> Image
    suffix: str = "jpg"
    quality: int = JPEG_QUALITY
    demo: bool = False  # also part of the small set


def scaled(share):
    def make(picture, _seed):
        width, height = picture.size
        size = (max(1, round(width * share)), max(1, round(height * share)))
        return picture.resize(size, Image.Resampling.BICUBIC)

    return make


def long_side(pixels):
    return lambda picture, seed: scaled(pixels / max(picture.size))(picture, seed)


def narrowed(picture, _seed):
    return picture.resize((round(picture.width * 0.7), picture.height), Image.Resampling.BICUBIC)


def curve(function):
    """Maps each channel value through `function`, rounded and clipped to 0..255."""

    def make(picture, _seed):
        table = [min(255, max(0, round(function(value)))) for value in range(256)]
        return picture.point(table * len(picture.getbands()))

    return make


def noisy(picture, seed):
    values = numpy.asarray(picture, dtype=numpy.float64)
    values = values + numpy.random.default_rng(seed).normal(0, 15, values.shape)
    return Image.fromarray(numpy.clip(numpy.rint(values), 0, 255).astype(numpy.uint8))


def with_logo(share):
    """A grey badge in the lower right corner; its side is `share` of the picture's shorter side."""

    def make(picture, _seed):
        picture = picture.copy()
        side = round(min(picture.size) * share)
        margin = round(min(picture.size) * 0.02)
        left, top = picture.width - side - margin, picture.height - side - margin
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left, top, left + side, top + side), fill=(128, 128, 128))
        ring = side // 6
        draw.ellipse(
            (left + ring, top + ring, left + side - ring, top + side - ring),
            outline=(160, 160, 160),
            width=max(1, side // 20),
        )
        return picture

    return make


def cropped(left=0.0, top=0.0, right=0.0, bottom=0.0):
    def make(picture, _seed):
        width, height = picture.size
        return picture.crop(
            (
                round(width * left),
                round(height * top),
                width - round(width * right),
                height - round(height * bottom),
            )
        )

    return make


def cropped_evenly(share):
    """Takes `share` off each axis, half of it at either end."""
    half = share / 2
    return cropped(half, half, half, half)


def bordered(picture, _seed):
    return ImageOps.expand(picture, round(min(picture.size) * 0.05), fill=(250, 250, 250))


def letterboxed(picture, _seed):
    """Black bars above and below, each an eighth of the picture's height."""
    bar = picture.height // 8
    result = Image.new("RGB", (picture.width, picture.height + 2 * bar))
    result.paste(picture, (0, bar))
    return result


def turned(degrees):
    """A small turn that keeps all of the picture; the corners that appear are black."""
    return lambda picture, _seed: picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True)


def transposed(method):
    return lambda picture, _seed: picture.transpose(method)


def filtered(sigma):
    return lambda picture, _seed: picture.filter(ImageFilter.GaussianBlur(sigma))


def unchanged(picture, _seed):
    return picture


def grey(picture, _seed):
    return ImageOps.grayscale(picture)


def inverted(picture, _seed):
    return ImageOps.invert(picture)


Row = Alteration
ALTERATIONS = (
    Row("jpeg_q50", "JPEG quality 50", 100, 100, unchanged, quality=50),
    Row("jpeg_q20", "JPEG quality 20", 100, 100, unchanged, quality=20, demo=True),
    Row("jpeg_q10", "JPEG quality 10", 100, 96, unchanged, quality=10),
    Row("blur_2", "blurred, sigma 2", 98, 98, filtered(2), demo=True),
    Row("blur_5", "blurred, sigma 5", 98, 98, filtered(5)),
    Row("size_50", "resized to 50 %", 98, 100, scaled(0.5), demo=True),
    Row("size_25", "resized to 25 %", 98, 100, scaled(0.25)),
    Row("size_64px", "resized to 64 pixels", 96, 96, long_side(64)),
    Row("aspect_70", "width squeezed to 70 %", 100, 100, narrowed),
    Row("grey", "grey", 100, 98, grey, demo=True),
    Row("noise", "noise, sigma 15", 100, 100, noisy),
    Row("gamma_15", "gamma 1.5", 100, 100, curve(lambda v: 255 * (v / 255) ** (1 / 1.5))),
    Row("bright_20", "brightness +20 %", 98, 100, curve(lambda v: v * 1.2)),
    Row("contrast_30", "contrast +30 %", 93, 98, curve(lambda v: 128 + (v - 128) * 1.3)),
    Row("logo_10", "logo over 10 % of the side", 67, 69, with_logo(0.10), demo=True),
    Row("logo_25", "logo over 25 % of the side", 54, 56, with_logo(0.25)),
    Row("crop_2", "cropped by 2 %", 89, 98, cropped_evenly(0.02), demo=True),
    Row("crop_5", "cropped by 5 %", 13, 91, cropped_evenly(0.05), demo=True),
    Row("crop_10", "cropped by 10 %", 2, 36, cropped_evenly(0.10)),
    Row("crop_15", "cropped by 15 %", 0, 11, cropped_evenly(0.15)),
    Row("crop_20", "cropped by 20 %", 0, 2, cropped_evenly(0.20), demo=True),
    Row("crop_top_5", "5 % cut off the top", 2, 91, cropped(top=0.05)),
    Row("crop_top_10", "10 % cut off the top", 0, 58, cropped(top=0.10)),
    Row("border_5", "border of 5 %", 0, 100, bordered, demo=True),
    Row("letterbox", "letterboxed", 0, 91, letterboxed),
    Row("mirror", "mirrored", 0, 100, transposed(Image.Transpose.FLIP_LEFT_RIGHT), demo=True),
    Row("turn_90", "turned by 90 degrees", 0, 100, transposed(Image.Transpose.ROTATE_90)),
    Row("turn_180", "turned by 180 degrees", 0, 100, transposed(Image.Transpose.ROTATE_180)),
    Row("invert", "colours inverted", 0, 100, inverted),
    Row("turn_1", "turned by 1 degree", 7, 64, turned(1), demo=True),
    Row("turn_2", "turned by 2 degrees", 0, 7, turned(2)),
    Row("turn_3", "turned by 3 degrees", 0, 0, turned(3)),
    Row("png", "as PNG", 100, 100, unchanged, suffix="png", demo=True),
    Row("webp", "as WebP", 100, 100, unchanged, suffix="webp"),
    Row("bmp", "as BMP", 100, 100, unchanged, suffix="bmp"),
    Row("gif", "as GIF", 98, 98, unchanged, suffix="gif"),
    Row("tiff", "as TIFF", 100, 100, unchanged, suffix="tiff"),
    Row("heic", "as HEIC", 100, 100, unchanged, suffix="heic"),
    Row("jxl", "as JPEG XL", 100, 100, unchanged, suffix="jxl"),
)
