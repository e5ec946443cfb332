#include "cli/content.h"

#include <algorithm>

#include <sys/stat.h>

namespace cairn::cli {
namespace {

Result<Fd> open_regular_file(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
        return fail(Errc::invalid_argument, "{}: not a regular file", path);
    }
    return open_for_reading(path);
}

Status read_through(OpenContent& content) {
    crypto::DigestStream digests;
    ByteVector buffer(1U << 20U);
    while (true) {
        const std::size_t got = CAIRN_TRY(read_at(content.fd.get(), content.size_bytes, buffer));
        const Bytes piece = Bytes(buffer).first(got);
        if (content.size_bytes == 0) {
            content.type = fingerprint::sniff(piece.first(std::min(got, fingerprint::kSniffBytes)));
        }
        digests.update(piece);
        content.size_bytes += got;
        if (got < buffer.size()) break;
    }
    content.digests = digests.finish();
    return ok();
}

}  // namespace

Result<OpenContent> open_content(const std::string& path) {
    OpenContent content;
    content.fd = CAIRN_TRY(open_regular_file(path));
    auto done = read_through(content);
    if (!done) return std::move(done).error().with_context(path);
    return content;
}

}  // namespace cairn::cli
