"""The parts of the sample data that are not plain pictures: archives, locked, broken and odd files.

Every row of the manifest made here has `path`, the file below evidence/, and where it lies in an
archive `members`, the way down; `kind` says what a scan must make of it:
  copy      an unaltered original: must be found          locked   must be named as encrypted
  refused   must be named as damaged or beyond a limit    special  must be recorded, never opened
  broken    must not stop the scan, whatever it says      plain    an ordinary file, never a match
Names are as os.fsdecode() gives them: bytes that are not UTF-8 are kept as lone surrogates.
"""

import gzip
import io
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

PASSWORD = "sample-password"
DOCUMENT_XML = b'<?xml version="1.0"?><document><body>An ordinary letter.</body></document>'


def row(path, kind, **more):
    return {"path": path, "kind": kind, **more}


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = " ".join(map(str, command))
        sys.exit(f"make_sample.py: {words} failed:\n{done.stdout}{done.stderr}")


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def zip_bytes(members, compression=zipfile.ZIP_DEFLATED):
    """A zip of (name, bytes) pairs with a fixed time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20)), data, compression)
    return out.getvalue()


def tar_bytes(members, time):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), time
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def make_archives(evidence, picture, names, time, staging):
    """Copies inside archives, one to three deep. Returns manifest rows."""
    folder = evidence / "archives"
    picks = [names[index % len(names)] for index in range(8)]
    rows = []

    def copy(path, members, name):
        rows.append(row(f"archives/{path}", "copy", members=members, original=name))

    write(
        folder / "photos.zip",
        zip_bytes([(f"2021/{picks[0]}.jpg", picture(picks[0])), ("read me.txt", b"Holiday\n")]),
    )
    copy("photos.zip", [f"2021/{picks[0]}.jpg"], picks[0])

    write(
        folder / "letter.docx",
        zip_bytes(
            [
                ("[Content_Types].xml", DOCUMENT_XML),
                ("word/document.xml", DOCUMENT_XML),
                ("word/media/image1.jpeg", picture(picks[1])),
            ]
        ),
    )
    copy("letter.docx", ["word/media/image1.jpeg"], picks[1])

    with io.BytesIO() as packed:
        with gzip.GzipFile(f"{picks[2]}.jpg", "wb", fileobj=packed, mtime=time) as stream:
            stream.write(picture(picks[2]))
        write(folder / f"{picks[2]}.jpg.gz", packed.getvalue())
    rows.append(
        row(f"archives/{picks[2]}.jpg.gz", "copy", members=["*"], original=picks[2])
    )

    # zip in 7z in tar.gz: the deepest nesting of the sample.
    deep = zip_bytes([(f"pictures/{picks[3]}.jpg", picture(picks[3]))])
    write(staging / "deep.zip", deep)
    os.utime(staging / "deep.zip", (time, time))
    run(["7z", "a", "-bd", "-mmt1", "inner.7z", "deep.zip"], staging)
    outer = tar_bytes(
        [
            ("backup/notes.txt", b"Nothing here.\n"),
            ("backup/inner.7z", (staging / "inner.7z").read_bytes()),
            (f"backup/{picks[4]}.jpg", picture(picks[4])),
        ],
        time,
    )
    write(folder / "nested.tar.gz", gzip.compress(outer, mtime=time))
    copy("nested.tar.gz", ["backup/inner.7z", "deep.zip", f"pictures/{picks[3]}.jpg"], picks[3])
    copy("nested.tar.gz", [f"backup/{picks[4]}.jpg"], picks[4])

    for suffix, mode in (("bz2", "w:bz2"), ("xz", "w:xz")):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode) as archive:
            info = tarfile.TarInfo(f"{picks[5]}.jpg")
            info.size, info.mtime = len(picture(picks[5])), time
            archive.addfile(info, io.BytesIO(picture(picks[5])))
        write(folder / f"photos.tar.{suffix}", out.getvalue())
        copy(f"photos.tar.{suffix}", [f"{picks[5]}.jpg"], picks[5])

    disc = staging / "disc"
    write(disc / "PHOTOS" / f"{picks[6]}.jpg", picture(picks[6]))
    command = ["genisoimage", "-quiet", "-J", "-r", "-V", "PHOTOS", "-o", folder / "disc.iso", disc]
    run(command, staging)
    copy("disc.iso", [f"PHOTOS/{picks[6]}.jpg"], picks[6])

    write(staging / f"{picks[7]}.jpg", picture(picks[7]))
    run(["7z", "a", "-bd", "-mmt1", folder / "photos.7z", f"{picks[7]}.jpg"], staging)
    copy("photos.7z", [f"{picks[7]}.jpg"], picks[7])
    return rows


def make_locked(evidence, picture, names, staging):
    folder = evidence / "encrypted"
    folder.mkdir(parents=True)
    name = f"{names[0]}.jpg"
    write(staging / "locked" / name, picture(names[0]))
    inside = staging / "locked"
    run(["zip", "-q", "-X", "-P", PASSWORD, folder / "zipcrypto.zip", name], inside)
    locked = ["7z", "a", "-bd", f"-p{PASSWORD}"]
    run([*locked, "-tzip", "-mem=AES256", folder / "aes.zip", name], inside)
    run([*locked, folder / "content.7z", name], inside)
    run([*locked, "-mhe=on", folder / "names_too.7z", name], inside)
    members = {"zipcrypto.zip": [name], "aes.zip": [name], "content.7z": [name], "names_too.7z": []}
    return [row(f"encrypted/{path}", "locked", members=way) for path, way in members.items()]


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header_only(width, height):
    """A PNG that promises width x height pixels and holds next to none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = png_chunk(b"IDAT", zlib.compress(bytes(1024)))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + data + png_chunk(b"IEND", b"")


def make_broken(evidence, picture, names):
    folder = evidence / "broken"
    whole = picture(names[0])
    archive = zip_bytes([(f"{name}.jpg", picture(name)) for name in names[:3]])
    bomb = zip_bytes([("zeros.bin", bytes(200 * 1024 * 1024))])
    escape = zip_bytes([("../../../../tmp/escaped.txt", b"must never be written\n")])
    files = {
        "truncated.jpg": whole[: len(whole) // 2],
        "header_only.jpg": whole[:200],
        "empty.jpg": b"",
        "zero_bytes.jpg": bytes(4096),
        "huge_dimensions.png": png_header_only(100_000, 100_000),
        "truncated.zip": archive[: len(archive) * 2 // 3],
        "bomb.zip": bomb,
        "escaping_name.zip": escape,
        "garbage.7z": b"7z\xbc\xaf\x27\x1c" + bytes(range(256)) * 8,
    }
    for name, data in files.items():
        write(folder / name, data)
    refused = ("huge_dimensions.png", "truncated.zip", "bomb.zip", "garbage.7z")
    return [row(f"broken/{n}", "refused" if n in refused else "broken") for n in files]


def make_names(evidence, picture, names):
    """Names that lie about the content, or that hurt terminals and careless programs."""
    folder = evidence / "names"
    folder.mkdir(parents=True)
    name = names[1 % len(names)]
    copy = picture(name)
    rows = []
    odd = (
        b"picture.txt",
        b"no_suffix",
        b"new\nline.jpg",
        b"tab\tand\x1b[31mred.jpg",
        b"latin1-\xe9t\xe9.jpg",
        "\u05d0\u202egpj.exe".encode(),
        b"-rf.jpg",
    )
    for raw in odd:
        with open(os.path.join(os.fsencode(folder), raw), "wb") as file:
            file.write(copy)
        rows.append(row(f"names/{os.fsdecode(raw)}", "copy", original=name))
    write(folder / "text.jpg", b"This is no picture.\n")
    return rows + [row("names/text.jpg", "plain")]


def make_special(evidence, names):
    folder = evidence / "special"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe")
    os.symlink("loop_b", folder / "loop_a")
    os.symlink("loop_a", folder / "loop_b")
    os.symlink("..", folder / "up")
    os.symlink("/etc/passwd", folder / "outside")
    write(folder / "linked_once.txt", b"One file, two names.\n")
    os.link(folder / "linked_once.txt", folder / "linked_twice.txt")
    special = ("pipe", "loop_a", "loop_b", "up", "outside")
    rows = [row(f"special/{name}", "special") for name in special]
    return rows + [row(f"special/linked_{time}.txt", "plain") for time in ("once", "twice")]


def make_documents(evidence):
    folder = evidence / "home" / "Documents"
    files = {
        "notes.txt": b"Milk, bread, and a new bicycle tube.\n" * 20,
        "table.csv": b"month,amount\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(1, 13)),
        "page.html": b"<!doctype html><title>Page</title><p>An ordinary page.</p>\n",
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>\n',
        "random.bin": bytes((i * 167 + 13) % 251 for i in range(100_000)),
    }
    for name, data in files.items():
        write(folder / name, data)
    return [row(f"home/Documents/{name}", "plain") for name in files]


def make_all(out, names, time):
    evidence, staging = out / "evidence", out / "staging"
    staging.mkdir()

    def picture(name):
        return (out / "originals_for_list" / f"{name}.jpg").read_bytes()

    rows = make_archives(evidence, picture, names, time, staging)
    rows += make_locked(evidence, picture, names, staging)
    rows += make_broken(evidence, picture, names)
    rows += make_names(evidence, picture, names)
    rows += make_special(evidence, names)
    rows += make_documents(evidence)
    shutil.rmtree(staging)
    return rows
