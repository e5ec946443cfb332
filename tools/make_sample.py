#!/usr/bin/python3
"""Makes the sample data of the demo and of the recall test from Debian's wallpaper packages.

    tools/make_sample.py OUT_DIR [--pictures N] [--alterations all|demo] [--jobs N] [--keep]

OUT_DIR/originals_for_list/  what the hash list is made of (tools/make_list.py); not scanned
OUT_DIR/evidence/            what is scanned: copies, altered copies, archives, unrelated pictures,
                             broken and encrypted files, odd names, special files
OUT_DIR/manifest.json        what each file is, for tools/check_sample.py

With --keep nothing is made when OUT_DIR holds what these scripts and options make. The same
packages give the same files, but for archives whose tools write random salts.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zlib

import numpy
from PIL import Image

import sample_oddities
from sample_alterations import ALTERATIONS, JPEG_QUALITY

TOOLS = pathlib.Path(__file__).resolve().parent
LONG_SIDE = 800
# Every file carries the same time, so that two reports of two runs can be compared.
FIXED_TIME = 1_700_000_000
PACKAGES = "mate-backgrounds gnome-backgrounds plasma-workspace-wallpapers"


def read_catalogue():
    """The rows of sample_originals.txt as {use: [(name, path)]}."""
    rows = {"original": [], "unrelated": []}
    for line in (TOOLS / "sample_originals.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            use, name, path = line.split()
            rows[use].append((name, path))
    missing = [path for pairs in rows.values() for _, path in pairs if not os.path.exists(path)]
    if missing:
        sys.exit(
            f"make_sample.py: {missing[0]} is missing: install the packages {PACKAGES}"
            " (tools/install_packages.sh demo)"
        )
    return rows


def load(path, long_side):
    """The picture over white, in RGB, its longer side scaled down to `long_side`."""
    picture = Image.open(path)
    picture.draft("RGB", (2 * long_side, 2 * long_side))
    if picture.mode in ("RGBA", "LA", "P"):
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        picture = white
    picture = picture.convert("RGB")
    picture.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    return picture


def run_encoder(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"make_sample.py: {' '.join(map(str, command))} failed:\n{done.stderr}")


def save(picture, path, quality=JPEG_QUALITY):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".heic", ".jxl"):
        pixels = path.with_suffix(path.suffix + ".png")
        picture.save(pixels, compress_level=1)
        if path.suffix == ".heic":
            run_encoder(["heif-enc", "-q", "80", "-o", path, pixels])
        else:
            run_encoder(["cjxl", pixels, path, "-q", "90", "--num_threads=1"])
        pixels.unlink()
    else:
        picture.save(path, quality=quality)


def make_pictures(task):
    """One original for the list, and the altered copies of it."""
    name, source, out, small = task
    original = out / "originals_for_list" / f"{name}.jpg"
    save(load(source, LONG_SIDE), original)
    picture = Image.open(original)
    picture.load()
    seed = zlib.crc32(name.encode())
    files = []
    for row in ALTERATIONS:
        if small and not row.demo:
            continue
        path = pathlib.Path("altered", row.name, f"{name}.{row.suffix}")
        save(row.make(picture, seed), out / "evidence" / path, row.quality)
        files.append(
            {"path": str(path), "kind": "altered", "original": name, "alteration": row.name}
        )
    return files


def quarters(name, source):
    """The four quarters of a held-out picture, each a picture of its own."""
    whole = load(source, 2 * LONG_SIDE)
    width, height = whole.width // 2, whole.height // 2
    for index, (left, top) in enumerate(((0, 0), (width, 0), (0, height), (width, height))):
        yield f"{name}_{index + 1}", whole.crop((left, top, left + width, top + height))


def painted(seed):
    """A generated landscape: fractal noise in bands, detailed enough for PDQ quality 50."""
    random = numpy.random.default_rng(seed)
    height, width = 540, LONG_SIDE
    relief = numpy.zeros((height, width))
    for octave in range(2, 7):
        cells = 2**octave
        grid = random.random((cells, cells)).astype(numpy.float32)
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        relief += numpy.asarray(layer) / 1.6**octave
    relief = (relief - relief.min()) / (relief.max() - relief.min())
    colours = random.integers(0, 256, (7, 3)).astype(numpy.float64)
    position = relief * (len(colours) - 1)
    lower = numpy.minimum(position.astype(int), len(colours) - 2)
    share = (position - lower)[..., None]
    pixels = colours[lower] * (1 - share) + colours[lower + 1] * share
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def make_unrelated(catalogue, out, count):
    folder = pathlib.Path("unrelated")
    files = []
    generated = ((f"painted_{seed:02}", painted(seed)) for seed in range(1000))
    pieces = (piece for name, path in catalogue["unrelated"] for piece in quarters(name, path))
    for index in range(count):
        source = pieces if index % 2 == 0 else generated
        name, picture = next(source, None) or next(generated)
        path = folder / f"{name}.jpg"
        save(picture, out / "evidence" / path)
        files.append({"path": str(path), "kind": "unrelated"})
    return files


def make_copies(names, out):
    """Unaltered copies where people and programs leave them, some under another name."""
    homes = (
        "home/Pictures/holiday/{}.jpg",
        "home/Downloads/{}.jpg",
        "home/Pictures/2021/06/{}.jpeg",
        "home/.cache/mozilla/firefox/a1b2c3d4.default/cache2/entries/{}",
        "home/Documents/letters/{}.doc",
        "share/upload/{}.bin",
    )
    files = []
    for index, name in enumerate(names):
        path = homes[index % len(homes)].format(name)
        target = out / "evidence" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(out / "originals_for_list" / f"{name}.jpg", target)
        files.append({"path": path, "kind": "copy", "original": name})
    return files


def make_thumbnails(names, out):
    """What a desktop's thumbnail cache holds: small PNG versions."""
    files = []
    for name in names[:3]:
        picture = Image.open(out / "originals_for_list" / f"{name}.jpg")
        picture.thumbnail((256, 256), Image.Resampling.LANCZOS)
        digest = f"{zlib.crc32(name.encode()):08x}" * 4
        path = pathlib.Path("home/.cache/thumbnails/large", f"{digest}.png")
        save(picture, out / "evidence" / path)
        files.append({"path": str(path), "kind": "thumbnail", "original": name})
    return files


def fix_times(folder):
    for base, folders, names in os.walk(os.fsencode(folder)):
        for name in folders + names:
            os.utime(
                os.path.join(base, name), (FIXED_TIME, FIXED_TIME), follow_symlinks=False
            )


def recipe(arguments):
    """Changes when the files made would: names the scripts' content and the options."""
    digest = hashlib.sha256(f"{arguments.pictures} {arguments.alterations}".encode())
    for path in (*sorted(TOOLS.glob("sample_*")), pathlib.Path(__file__).resolve()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_made(out, wanted):
    try:
        return json.loads((out / "manifest.json").read_text())["recipe"] == wanted
    except (OSError, ValueError, KeyError):
        return False


def clear(out):
    """Removes what an earlier run made, and only that: OUT_DIR may be given wrongly."""
    made = {"originals_for_list", "evidence", "manifest.json", "staging"}
    if out.exists():
        foreign = sorted(set(os.listdir(out)) - made)
        if foreign:
            sys.exit(
                f"make_sample.py: {out} holds {foreign[0]}, which this program did not make;"
                " name an empty or a new folder"
            )
        shutil.rmtree(out)
    out.mkdir(parents=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out_dir", type=pathlib.Path)
    parser.add_argument("--pictures", type=int, help="use only the first N originals")
    parser.add_argument("--alterations", choices=("all", "demo"), default="all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true", help="keep what is there if it is current")
    arguments = parser.parse_args()
    out = arguments.out_dir.resolve()
    if arguments.keep and is_made(out, recipe(arguments)):
        return

    for program in ("heif-enc", "cjxl", "7z", "zip", "genisoimage"):
        if not shutil.which(program):
            sys.exit(
                f"make_sample.py: the program {program} is missing:"
                " run tools/install_packages.sh demo"
            )
    catalogue = read_catalogue()
    originals = catalogue["original"][: arguments.pictures]
    clear(out)

    small = arguments.alterations == "demo"
    names = [name for name, _ in originals]
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        unrelated = pool.submit(make_unrelated, catalogue, out, len(originals))
        tasks = [(name, path, out, small) for name, path in originals]
        files = [row for rows in pool.map(make_pictures, tasks) for row in rows]
        files += unrelated.result()
    files += make_copies(names, out)
    files += make_thumbnails(names, out)
    fix_times(out)
    files += sample_oddities.make_all(out, names, FIXED_TIME)
    fix_times(out)

    manifest = {
        "recipe": recipe(arguments),
        "originals": len(names),
        "alterations": {
            row.name: {"text": row.text, "plain": row.plain, "wide": row.wide}
            for row in ALTERATIONS
            if row.demo or not small
        },
        "files": files,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{out}: {len(names)} originals, {len(files)} evidence files and members")


if __name__ == "__main__":
    main()
