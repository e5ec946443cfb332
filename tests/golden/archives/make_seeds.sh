#!/bin/sh
# Writes the seeds of archive_walk_fuzz: a byte that chooses the type, then a small archive.
# Needs zip, 7z, tar, genisoimage, cpio, ar, gzip, bzip2, xz, zstd. Content is generated text.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
seeds=$here/../../corpus/archive_walk_fuzz
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir -p "$seeds"
cd "$work"
seq 1 60 > one
echo two > two
touch -d 2020-01-01T00:00:00Z one two

seed() { # number of the type, name, file
    { printf "\\$(printf %03o "$1")"; cat "$3"; } > "$seeds/$2"
}

zip -qX a.zip one two && seed 0 zip a.zip
zip -qX -P secret b.zip one && seed 0 zip_encrypted b.zip
7z a -tzip -psecret -mem=AES256 c.zip two > /dev/null && seed 0 zip_aes c.zip
zip -qX - one | cat > d.zip && seed 0 zip_streamed d.zip
seed 0 zip_names "$here/names.zip"
7z a a.7z one two > /dev/null && seed 1 seven_zip a.7z
7z a -psecret b.7z two > /dev/null && seed 1 seven_zip_encrypted b.7z
7z a -psecret -mhe=on c.7z two > /dev/null && seed 1 seven_zip_hidden c.7z
for name in plain.rar4 second_encrypted.rar4 headers_encrypted.rar4 plain.rar5 \
    service_blocks.rar5; do
    seed 2 "$name" "$here/$name.rar"
done
tar -cf a.tar one two && seed 3 tar a.tar
tar --format=pax -cf b.tar two && seed 3 tar_pax b.tar
truncate -s 300000 hole && tar --sparse -cf c.tar hole && seed 3 tar_sparse c.tar
genisoimage -quiet -no-pad -R -J -o a.iso two && seed 4 iso a.iso
seed 5 cab "$here/stored.cab"
ar rc a.a one two && seed 6 ar a.a
for format in newc odc bin; do
    printf 'one\ntwo\n' | cpio --quiet -o -H "$format" > a.cpio && seed 7 "cpio_$format" a.cpio
done
gzip -c one > a.gz && seed 8 gzip a.gz
gzip -c a.tar > a.tgz && seed 8 gzip_tar a.tgz
bzip2 -c one > a.bz2 && seed 9 bzip2 a.bz2
xz -c one > a.xz && seed 10 xz a.xz
zstd -qc one > a.zst && seed 11 zstd a.zst
