#!/usr/bin/env python3
"""Makes the small pictures beside it, in every format that Cairn decodes. All content is computed.

Run with Debian 12's python3-pil, python3-numpy, libheif-examples and libjxl-tools. The files are
committed: encoders of other versions give other bytes, and the tests want these.
"""
import io
import pathlib
import struct
import subprocess
import tempfile
import zlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parent
SIZE_BYTES_MAX = 20_000


def scene(width, height):
    """Flat shapes and a gradient: enough contrast for a PDQ quality of 100."""
    y, x = np.mgrid[0:height, 0:width]
    u, v = x / width, y / height
    out = np.empty((height, width, 3), np.uint8)
    out[..., 0] = (u * 255).astype(np.uint8)
    out[..., 1] = (v * 255).astype(np.uint8)
    out[..., 2] = 96
    out[(u - 0.3) ** 2 + (v - 0.35) ** 2 < 0.04] = (250, 240, 20)
    out[(u > 0.55) & (u < 0.9) & (v > 0.15) & (v < 0.45)] = (20, 30, 160)
    out[(v > 0.7) & (u < 0.6)] = (10, 120, 40)
    out[(u + v > 1.55)] = (200, 40, 30)
    return out


BASE = scene(80, 60)
LARGE = scene(600, 540)


def picture(array):
    return Image.fromarray(array)


def save(name, image, **options):
    image.save(OUT / name, **options)


def write(name, data):
    (OUT / name).write_bytes(data)


def jpeg_bytes(array, **options):
    buffer = io.BytesIO()
    picture(array).save(buffer, "JPEG", **{"quality": 90, **options})
    return buffer.getvalue()


# --- EXIF --------------------------------------------------------------------------------------
def exif(orientation, thumbnail=b"", order="<"):
    """A TIFF header, one directory with the orientation and, if wanted, one with a thumbnail."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    first = struct.pack(order + "HHHIHH", 1, 274, 3, 1, orientation, 0)
    if not thumbnail:
        return head + first + struct.pack(order + "I", 0)
    second_at = 8 + len(first) + 4
    data_at = second_at + 2 + 3 * 12 + 4
    second = struct.pack(order + "H", 3)
    second += struct.pack(order + "HHIHH", 0x0103, 3, 1, 6, 0)
    second += struct.pack(order + "HHII", 0x0201, 4, 1, data_at)
    second += struct.pack(order + "HHII", 0x0202, 4, 1, len(thumbnail))
    second += struct.pack(order + "I", 0)
    return head + first + struct.pack(order + "I", second_at) + second + thumbnail


def stored_for(array, orientation):
    """The stored pixels that, turned as the tag says, give `array`."""
    inverse = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a),  # shown turned clockwise, so stored turned counter-clockwise
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    return np.ascontiguousarray(inverse[orientation](array))


def with_exif(jpeg, data):
    segment = b"Exif\0\0" + data
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


# --- PNG ---------------------------------------------------------------------------------------
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, raw, extra=b"", interlace=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def png_rows(array):
    return b"".join(b"\0" + row.tobytes() for row in array)


def interlaced_rows(array):
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2))
    return b"".join(png_rows(array[y::dy, x::dx]) for x, y, dx, dy in passes)


def alpha_ramp(height, width):
    return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))


def make_png():
    height, width, _ = BASE.shape
    save("base.png", picture(BASE))
    save("base.ppm", picture(BASE))
    save("large.png", picture(LARGE))
    grey = BASE[..., 1]
    save("grey.png", picture(grey))
    save("bilevel.png", picture(BASE[..., 1] > 128))
    save("palette.png", picture(BASE).quantize(64))
    save("palette_alpha.png", picture(BASE).quantize(64), transparency=0)
    save("alpha.png", Image.fromarray(np.dstack([BASE, alpha_ramp(height, width)])))
    save("grey_alpha.png", Image.merge("LA", [picture(grey), picture(alpha_ramp(height, width))]))
    wide = (BASE.astype(np.uint32) * 257).astype(">u2")
    # 16-bit values that round up and that truncation would show one lower.
    wide[0, :8, :] = 0x01C0
    write("rgb16.png", png(width, height, 16, 2, png_rows(wide)))
    write("grey16.png", png(width, height, 16, 0, png_rows(wide[..., 1])))
    write("interlaced.png", png(width, height, 8, 2, interlaced_rows(BASE), interlace=1))
    turned = stored_for(BASE, 6)
    write("orientation_6.png", png(height, width, 8, 2, png_rows(turned),
                                   chunk(b"eXIf", exif(6, order=">"))))
    whole = (OUT / "large.png").read_bytes()
    write("truncated.png", whole[:len(whole) // 2])
    frames = [picture(np.roll(BASE, 12 * i, axis=1)) for i in range(3)]
    save("animated.png", frames[0], save_all=True, append_images=frames[1:], duration=100)
    write("bomb.png", png(100_000, 100_000, 8, 2, b"\0" * 1000))


# --- JPEG --------------------------------------------------------------------------------------
def make_jpeg():
    write("rgb.jpg", jpeg_bytes(BASE, subsampling=0))
    write("grey.jpg", jpeg_bytes(BASE[..., 1]))
    write("progressive.jpg", jpeg_bytes(BASE, progressive=True))
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        write(f"odd_{name}.jpg", jpeg_bytes(BASE[:53, :77], subsampling=subsampling))
        write(f"large_{name}.jpg", jpeg_bytes(LARGE[:, :597], subsampling=subsampling, quality=60))
    cmyk = picture(BASE).convert("CMYK")
    buffer = io.BytesIO()
    cmyk.save(buffer, "JPEG", quality=90)
    adobe = buffer.getvalue()
    write("cmyk_adobe.jpg", adobe)
    # Without the marker the inks are not inverted: save the inverse, cut the marker out.
    buffer = io.BytesIO()
    Image.fromarray(255 - np.asarray(cmyk), "CMYK").save(buffer, "JPEG", quality=90)
    plain = buffer.getvalue()
    at = plain.index(b"\xff\xee")
    length = struct.unpack(">H", plain[at + 2:at + 4])[0]
    write("cmyk_plain.jpg", plain[:at] + plain[at + 2 + length:])
    for orientation in range(1, 9):
        stored = jpeg_bytes(stored_for(BASE, orientation), subsampling=0)
        order = "<" if orientation % 2 else ">"
        write(f"orientation_{orientation}.jpg", with_exif(stored, exif(orientation, order=order)))
    large = jpeg_bytes(stored_for(LARGE, 6), quality=60)
    write("large_orientation_6.jpg", with_exif(large, exif(6)))
    thumbnail = jpeg_bytes(scene(40, 30))
    write("thumbnail.jpg", with_exif(jpeg_bytes(BASE[::-1]), exif(1, thumbnail)))
    whole = jpeg_bytes(LARGE, quality=60)
    write("truncated.jpg", whole[:len(whole) // 2])


# --- GIF, WebP ---------------------------------------------------------------------------------
def gif_image(array, colours, left, top, disposal, transparent=None):
    """One frame, its 8-bit codes written with a clear code so often that they stay 9 bits wide."""
    height, width = array.shape
    flags = disposal << 2 | (transparent is not None)
    control = b"\x21\xf9\x04" + struct.pack("<BHBB", flags, 10, transparent or 0, 0)
    descriptor = b"\x2c" + struct.pack("<HHHHB", left, top, width, height, 0x87)
    bits, count = 0, 0
    packed = bytearray()

    def put(code):
        nonlocal bits, count
        bits |= code << count
        count += 9
        while count >= 8:
            packed.append(bits & 255)
            bits >>= 8
            count -= 8

    for i, index in enumerate(array.tobytes()):
        if i % 200 == 0:
            put(256)
        put(index)
    put(257)
    packed.append(bits & 255)
    blocks = b"".join(bytes([len(packed[i:i + 255])]) + bytes(packed[i:i + 255])
                      for i in range(0, len(packed), 255))
    return control + descriptor + colours + b"\x08" + blocks + b"\0"


def gif(width, height, images):
    return (b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, 0, 0) + b"".join(images)
            + b"\x3b")


def make_gif():
    colours = bytes(c for i in range(256) for c in (i, 255 - i, (i * 7) % 256))
    ground = np.fromfunction(lambda y, x: (x * 6 + y * 4) % 200, (30, 40)).astype(np.uint8)
    square = np.full((10, 10), 220, np.uint8)
    holed = square.copy()
    holed[3:7, 3:7] = 1
    images = [
        gif_image(ground, colours, 0, 0, 1),
        gif_image(square, colours, 5, 5, 3),               # goes again
        gif_image(holed, colours, 20, 10, 2, transparent=1),  # leaves a transparent square
        gif_image(ground[:1, :1], colours, 0, 0, 1),
        gif_image(ground[:1, :1], colours, 0, 0, 1),        # changes nothing
    ]
    write("animated.gif", gif(40, 30, images))
    dots = []
    for i in range(100):
        dot = np.full((8, 8), 7, np.uint8)
        dot[i // 8 % 8, i % 8] = 200 + i // 64
        dots.append(picture(dot))
    save("hundred_frames.gif", dots[0], save_all=True, append_images=dots[1:], duration=20)
    save("still.gif", picture(BASE).quantize(64))


def make_webp():
    height, width, _ = BASE.shape
    rgba = np.dstack([BASE, alpha_ramp(height, width)])
    save("lossy.webp", picture(BASE), quality=90)
    save("lossless.webp", picture(BASE), lossless=True)
    save("alpha.webp", Image.fromarray(rgba), lossless=True, exact=True)
    frames = [picture(np.roll(BASE, 12 * i, axis=1)) for i in range(3)]
    save("animated.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True,
         duration=100)
    save("orientation_8.webp", picture(stored_for(BASE, 8)), lossless=True,
         exif=b"Exif\0\0" + exif(8))
    whole = (OUT / "lossy.webp").read_bytes()
    write("truncated.webp", whole[:len(whole) * 2 // 3])


# --- TIFF, BMP ---------------------------------------------------------------------------------
def tiff(tags, blobs):
    """A little-endian TIFF of one page; tag values of bytes stand for data, tuples for arrays."""
    out = bytearray(b"II*\0\0\0\0\0")
    places = []
    for blob in blobs:
        places.append(len(out))
        out += blob + b"\0" * (len(blob) % 2)
    entries = []
    for tag, kind, values in sorted(tags):
        values = places if values == "offsets" else values
        values = [len(b) for b in blobs] if values == "lengths" else values
        packed = struct.pack("<" + "%d%s" % (len(values), "H" if kind == 3 else "I"), *values)
        if len(packed) > 4:
            at = len(out)
            out += packed
            packed = struct.pack("<I", at)
        entries.append(struct.pack("<HHI", tag, kind, len(values)) + packed.ljust(4, b"\0"))
    struct.pack_into("<I", out, 4, len(out))
    return bytes(out) + struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0"


def make_tiff():
    height, width, _ = BASE.shape
    save("strips.tif", picture(BASE), compression="tiff_lzw")
    save("bilevel.tif", picture(BASE[..., 1] > 128), compression="group4")
    save("palette.tif", picture(BASE).quantize(64), compression="tiff_lzw")
    save("cmyk.tif", picture(BASE).convert("CMYK"), compression="tiff_lzw")
    save("jpeg.tif", picture(BASE), compression="jpeg", quality=90)
    rgba = np.dstack([BASE, alpha_ramp(height, width)])
    save("alpha.tif", Image.fromarray(rgba), compression="tiff_lzw")
    grey16 = (BASE[..., 1].astype(np.uint16) * 257)
    grey16[0, :8] = 0x01C0
    save("grey16.tif", Image.fromarray(grey16), compression="tiff_lzw")
    pages = [picture(np.roll(BASE, 12 * i, axis=1)) for i in range(3)]
    save("pages.tif", pages[0], save_all=True, append_images=pages[1:],
         compression="tiff_adobe_deflate")
    common = [(256, 4, [width]), (257, 4, [height]), (258, 3, [8, 8, 8]), (259, 3, [1]),
              (262, 3, [2]), (277, 3, [3])]
    tiles = []
    for y in range(0, height, 32):
        for x in range(0, width, 32):
            tile = np.zeros((32, 32, 3), np.uint8)
            part = BASE[y:y + 32, x:x + 32]
            tile[:part.shape[0], :part.shape[1]] = part
            tiles.append(zlib.compress(tile.tobytes(), 9))
    deflate = [t for t in common if t[0] != 259] + [(259, 3, [8])]
    write("tiles.tif", tiff(deflate + [(322, 3, [32]), (323, 3, [32]), (324, 4, "offsets"),
                                       (325, 4, "lengths")], tiles))
    planes = [zlib.compress(BASE[y:y + 20, :, c].tobytes(), 9)
              for c in range(3) for y in range(0, height, 20)]
    write("planes.tif", tiff(deflate + [(284, 3, [2]), (278, 3, [20]), (273, 4, "offsets"),
                                        (279, 4, "lengths")], planes))
    turned = stored_for(BASE, 3)
    write("orientation_3.tif", tiff(deflate + [(274, 3, [3]), (278, 3, [height]),
                                               (273, 4, "offsets"), (279, 4, "lengths")],
                                    [zlib.compress(turned.tobytes(), 9)]))


def bmp(header, palette, pixels):
    offset = 14 + len(header) + len(palette)
    head = b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset)
    return head + header + palette + pixels


def bmp_info(width, height, bits, compression=0, colours=0):
    return struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 2835, 2835,
                       colours, 0)


def make_bmp():
    height, width, _ = BASE.shape
    save("rgb.bmp", picture(BASE))
    indexed = picture(BASE).quantize(64)
    save("palette.bmp", indexed)
    save("bilevel.bmp", picture(BASE[..., 1] > 128))
    indexes = np.asarray(indexed)
    colours = np.asarray(indexed.getpalette()[:192], np.uint8).reshape(64, 3)
    palette = b"".join(bytes(c[::-1]) + b"\0" for c in colours)
    runs = bytearray()
    for row in indexes[::-1]:
        x = 0
        while x < width:
            n = 1
            while x + n < width and n < 255 and row[x + n] == row[x]:
                n += 1
            runs += bytes([n, row[x]])
            x += n
        runs += b"\0\0"
    runs += b"\0\1"
    write("run_length.bmp", bmp(bmp_info(width, height, 8, 1, 64), palette, bytes(runs)))
    bgr = BASE[..., ::-1]
    write("top_down.bmp", bmp(bmp_info(width, -height, 24), b"", bgr.tobytes()))
    core = struct.pack("<IHHHH", 12, width, height, 1, 24)
    write("os2.bmp", bmp(core, b"", bgr[::-1].tobytes()))
    small = BASE.astype(np.uint16)
    packed = (small[..., 0] >> 3) << 11 | (small[..., 1] >> 2) << 5 | small[..., 2] >> 3
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    write("rgb565.bmp", bmp(bmp_info(width, height, 16, 3), masks,
                            packed[::-1].astype("<u2").tobytes()))
    alpha = alpha_ramp(height, width)[:30, :40]
    part = BASE[:30, :40]
    info = bytearray(bmp_info(40, 30, 32, 3)) + struct.pack(
        "<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"\0" * 52
    struct.pack_into("<I", info, 0, 108)
    bgra = np.dstack([part[..., ::-1], alpha])
    write("alpha.bmp", bmp(bytes(info), b"", bgra[::-1].tobytes()))
    whole = (OUT / "rgb.bmp").read_bytes()
    write("truncated.bmp", whole[:len(whole) // 2])


# --- HEIF, JPEG XL -----------------------------------------------------------------------------
def run(*words):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_coded():
    height, width, _ = BASE.shape
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        picture(BASE).save(folder / "base.png")
        rgba = np.dstack([BASE, alpha_ramp(height, width)])
        Image.fromarray(rgba).save(folder / "alpha.png")
        run("heif-enc", "-q", "90", "-p", "chroma=444", folder / "base.png", "-o",
            OUT / "base.heic")
        run("heif-enc", "-A", "-q", "90", "-p", "chroma=444", folder / "base.png", "-o",
            OUT / "base.avif")
        run("heif-enc", "-A", "-q", "90", "-p", "chroma=444", folder / "alpha.png", "-o",
            OUT / "alpha.avif")
        run("cjxl", "-d", "0", folder / "base.png", OUT / "lossless.jxl")
        run("cjxl", "-d", "1", folder / "base.png", OUT / "lossy.jxl")
        run("cjxl", "-d", "0", folder / "alpha.png", OUT / "alpha.jxl")
        run("cjxl", OUT / "orientation_6.jpg", OUT / "orientation_6.jxl")
        run("cjxl", "-d", "0", OUT / "animated.gif", OUT / "animated.jxl")
        whole = (OUT / "lossy.jxl").read_bytes()
        write("truncated.jxl", whole[:len(whole) * 2 // 3])
        whole = (OUT / "base.heic").read_bytes()
        write("truncated.heic", whole[:len(whole) * 2 // 3])


def main():
    make_png()
    make_jpeg()
    make_gif()
    make_webp()
    make_tiff()
    make_bmp()
    make_coded()
    for path in OUT.iterdir():
        if path.stat().st_size > SIZE_BYTES_MAX:
            print(f"{path.name} has {path.stat().st_size} bytes: too large")


if __name__ == "__main__":
    main()
