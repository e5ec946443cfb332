#!/usr/bin/env python3
"""Writes the archives beside it that no packer in Debian can make: RAR 4, RAR 5, CAB, zips
that lie, a zip that contains itself. All content is generated text. Deterministic.

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


# --- a zip that contains itself ----------------------------------------------------------------
# A program of two operations, each five bytes of deflate: copy literal bytes that follow, repeat
# the last n bytes. Head and tail of the zip are padded so that "repeat" fits into five bytes.
def literal(count):
    return struct.pack("<BHH", 0, count, count ^ 0xFFFF)


def repeat(count):
    """count is 20 (two copies of 10) or 258 (one copy and an empty block)."""
    bits = []

    def put(value, width):  # least significant bit first
        bits.extend(value >> i & 1 for i in range(width))

    def code(value, width):  # Huffman codes: most significant bit first
        bits.extend(value >> i & 1 for i in reversed(range(width)))

    put(2, 3)  # a block with the fixed codes, not the last
    if count == 20:
        for _ in range(2):
            code(264 - 256, 7)  # length 10
            code(8, 5)
            put(20 - 17, 3)  # distance 20
        code(0, 7)
    else:
        code(285 - 280 + 0b11000000, 8)  # length 258
        code(16, 5)
        put(258 - 257, 7)  # distance 258
        code(0, 7)
        put(2, 3)
        code(0, 7)
    assert len(bits) == 40
    return bytes(sum(bits[i + j] << j for j in range(8)) for i in range(0, 40, 8))


def quine_bytes(crc, size, packed_size):
    name = b"quine.zip"
    fixed = struct.pack("<HHHHIII", 0, 8, 0x5B2A, 0x5821, crc, packed_size, size)
    pad = 253 - 30 - len(name)
    head = b"PK\3\4" + struct.pack("<H", 20) + fixed + struct.pack("<HH", len(name), pad) + name
    head += struct.pack("<HH", 0xCAFE, pad - 4) + bytes(pad - 4)
    last = b"\1\0\0\xff\xff"
    central = b"PK\1\2" + struct.pack("<HH", 0x314, 20) + fixed
    central += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0o100644 << 16, 0) + name
    comment = bytes(253 - len(last) - len(central) - 22)
    tail = last + central + b"PK\5\6" + struct.pack(
        "<HHHHIIH", 0, 0, 1, 1, len(central), len(head) + packed_size, len(comment)) + comment
    l0, l5, l20, lp = (literal(count) for count in (0, 5, 20, 258))
    r20, rp = repeat(20), repeat(258)
    body = lp + head + lp + rp + l5 + rp + l5 + l5 + l20 + rp + l5 + l5 + l20 + r20
    body += l20 + r20 + l20 + r20 + l20 + r20 + l20 + r20 + l0 + l0 + lp + r20
    body += l0 + l0 + lp + rp + tail + rp + tail
    return head + body, len(body) - len(tail) + len(last)


def quine_zip():
    size, packed_size = len(quine_bytes(0, 0, 0)[0]), quine_bytes(0, 0, 0)[1]

    def crc_of(guess):
        return zlib.crc32(quine_bytes(guess, size, packed_size)[0])

    # The checksum is affine in the checksum written into the file: solve crc_of(x) == x.
    base = crc_of(0)
    rows = [(crc_of(1 << i) ^ base ^ 1 << i, 1 << i) for i in range(32)]
    target, answer = base, 0
    for bit in range(32):
        pivot = next((row for row in rows if row[0] >> bit & 1), None)
        if pivot is None:
            continue
        rows = [(r[0] ^ pivot[0], r[1] ^ pivot[1]) if r[0] >> bit & 1 and r is not pivot else r
                for r in rows if r is not pivot]
        if target >> bit & 1:
            target, answer = target ^ pivot[0], answer ^ pivot[1]
    assert crc_of(answer) == answer
    return quine_bytes(answer, size, packed_size)[0]


def main():
    write("quine.zip", quine_zip())
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
