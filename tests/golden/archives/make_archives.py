#!/usr/bin/env python3
"""Writes the archives beside it that no packer in Debian can make: RAR 4, RAR 5, CAB, a zip
whose central directory overlaps, and so on. All content is generated text. Deterministic.

Layouts after the public format descriptions (RAR 5.0 archive format, RAR 4 technote, Microsoft
Cabinet Format, APPNOTE.TXT)."""
import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).parent
FILES = [(b"first.txt", b"first member\n"), (b"sub\\second.txt", b"second member\n" * 9)]


def write(name, data):
    (HERE / name).write_bytes(data)


# --- RAR 4 -------------------------------------------------------------------------------------
def rar4_block(kind, flags, rest):
    body = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


def rar4_file(name, data, flags=0x8000):
    rest = struct.pack(
        "<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x58215B2A, 29, 0x30, len(name),
        0o100644)
    return rar4_block(0x74, flags, rest + name + (b"saltsalt" if flags & 0x0400 else b"")) + data


def rar4(archive_flags=0, file_flags=(0x8000, 0x8000)):
    out = b"Rar!\x1a\x07\x00" + rar4_block(0x73, archive_flags, bytes(6))
    if archive_flags & 0x80:
        return out + b"saltsalt" + bytes(range(64))
    for (name, data), flags in zip(FILES, file_flags):
        out += rar4_file(name, data, flags)
    return out + rar4_block(0x7B, 0x4000, b"")


# --- RAR 5 -------------------------------------------------------------------------------------
def vint(value):
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def rar5_block(kind, fields, extra=b"", data=b""):
    flags = (1 if extra else 0) | (2 if data else 0)
    body = vint(kind) + vint(flags)
    body += (vint(len(extra)) if extra else b"") + (vint(len(data)) if data else b"")
    body += fields + extra
    sized = vint(len(body)) + body
    return struct.pack("<I", zlib.crc32(sized)) + sized + data


def rar5_file(name, data, encrypted):
    fields = vint(4) + vint(len(data)) + vint(0o100644) + struct.pack("<I", zlib.crc32(data))
    fields += vint(0) + vint(1) + vint(len(name)) + name
    crypt = vint(1) + vint(0) + vint(0) + bytes([15]) + bytes(16) + bytes(16)
    extra = vint(len(crypt)) + crypt if encrypted else b""
    return rar5_block(2, fields, extra, data)


def rar5_service(name, data):
    fields = vint(4) + vint(len(data)) + vint(0) + struct.pack("<I", zlib.crc32(data))
    fields += vint(0) + vint(1) + vint(len(name)) + name
    return rar5_block(3, fields, b"", data)


def rar5(encrypted=(False, False), encrypted_headers=False, services=False):
    out = b"Rar!\x1a\x07\x01\x00"
    if encrypted_headers:
        crypt = vint(0) + vint(0) + bytes([15]) + bytes(16)
        return out + rar5_block(4, crypt) + bytes(range(64))
    out += rar5_block(1, vint(0))
    out += rar5_service(b"CMT", b"a comment\0") if services else b""
    for (name, data), secret in zip(FILES, encrypted):
        out += rar5_file(name.replace(b"\\", b"/"), data, secret)
        out += rar5_service(b"ACL", bytes(40)) if services else b""
    return out + rar5_block(5, vint(0))


# --- CAB ---------------------------------------------------------------------------------------
def cab():
    content = b"".join(data for _, data in FILES)
    entries, at = b"", 0
    for name, data in FILES:
        entries += struct.pack("<IIHHHH", len(data), at, 0, 0x5821, 0x5B2A, 0x20) + name + b"\0"
        at += len(data)
    folders_end = 36 + 8
    data_at = folders_end + len(entries)
    block = struct.pack("<IHH", 0, len(content), len(content)) + content
    header = b"MSCF" + struct.pack(
        "<IIIIIBBHHHHH", 0, data_at + len(block), 0, folders_end, 0, 3, 1, 1, len(FILES), 0, 7, 0)
    return header + struct.pack("<IHH", data_at, 1, 0) + entries + block


# --- ZIP ---------------------------------------------------------------------------------------
def zip_local(name, data, crc=None, size=None, method=0, flags=0):
    crc = zlib.crc32(data) if crc is None else crc
    size = len(data) if size is None else size
    return b"PK\3\4" + struct.pack(
        "<HHHHHIIIHH", 20, flags, method, 0x5B2A, 0x5821, crc, len(data), size, len(name), 0
    ) + name + data


def zip_central(name, data, offset, crc=None, size=None, method=0, flags=0):
    crc = zlib.crc32(data) if crc is None else crc
    size = len(data) if size is None else size
    return b"PK\1\2" + struct.pack(
        "<HHHHHHIIIHHHHHII", 0x314, 20, flags, method, 0x5B2A, 0x5821, crc, len(data), size,
        len(name), 0, 0, 0, 0, 0o100644 << 16, offset) + name


def zip_of(members):
    """members: (name, stored bytes, options of zip_local)"""
    local, central = b"", b""
    for name, data, options in members:
        central += zip_central(name, data, len(local), **options)
        local += zip_local(name, data, **options)
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def main():
    write("plain.rar4.rar", rar4())
    write("second_encrypted.rar4.rar", rar4(file_flags=(0x8000, 0x8404)))
    write("headers_encrypted.rar4.rar", rar4(archive_flags=0x80))
    write("plain.rar5.rar", rar5())
    write("second_encrypted.rar5.rar", rar5(encrypted=(False, True)))
    write("first_encrypted.rar5.rar", rar5(encrypted=(True, False)))
    write("service_blocks.rar5.rar", rar5(encrypted=(False, True), services=True))
    write("headers_encrypted.rar5.rar", rar5(encrypted_headers=True))
    write("stored.cab", cab())
    plain = b"content of a member\n"
    write("bad_crc.zip", zip_of([(b"a", plain, {"crc": 1}), (b"b", plain, {})]))
    write("bad_deflate.zip", zip_of([
        (b"a", b"\xff" * 40, {"method": 8, "size": 400}), (b"b", plain, {})]))
    write("lying_size.zip", zip_of([
        (b"a", plain, {"size": 0xFFFFFFF0}), (b"b", plain, {})]))
    write("unknown_method.zip", zip_of([(b"a", plain, {"method": 98}), (b"b", plain, {})]))
    write("names.zip", zip_of([
        (b"caf\x82.txt", plain, {}),                     # code page 437
        ("caf\u00e9.txt".encode(), plain, {"flags": 0x800}),  # flagged as UTF-8
        (b"bad\xff\xfe.txt", plain, {"flags": 0x800}),   # flagged as UTF-8, but is not
        (b"new\nline", plain, {}),
        (b"../../escape", plain, {}),
        (b"/absolute", plain, {}),
        (b"same", b"one", {}),
        (b"same", b"two", {}),
        (b"folder/", b"content of a folder?", {}),
        (b"", plain, {}),
        (b"n" * 6000, plain, {}),
    ]))


if __name__ == "__main__":
    main()
