#include "codec/media_type.h"

#include <algorithm>

#include <magic.h>

namespace cairn::codec {
namespace {

constexpr std::uint64_t kHeadBytes = std::uint64_t{1} << 20U;

class Detector final : public MediaTypeDetector {
public:
    explicit Detector(magic_t cookie) : cookie_(cookie) {}
    Detector(const Detector&) = delete;
    Detector& operator=(const Detector&) = delete;
    ~Detector() override { ::magic_close(cookie_); }

    Result<std::string> detect(const Input& input) override {
        ByteVector head(std::min(kHeadBytes, input.size()));
        head.resize(input.read_at(0, head));
        // By buffer: given a descriptor, libmagic would move its position.
        const char* found = ::magic_buffer(cookie_, head.data(), head.size());
        if (found == nullptr) return fail(Errc::internal, "libmagic: {}", ::magic_error(cookie_));
        return std::string(found);
    }

private:
    magic_t cookie_;
};

}  // namespace

Result<std::unique_ptr<MediaTypeDetector>> MediaTypeDetector::create() {
    // Looking into compressed files would start programs.
    magic_t cookie = ::magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
    if (cookie == nullptr) return fail(Errc::internal, "libmagic: cannot be set up");
    auto detector = std::make_unique<Detector>(cookie);
    if (::magic_load(cookie, nullptr) != 0) {
        return fail(Errc::unavailable, "libmagic's database: {}", ::magic_error(cookie));
    }
    return std::unique_ptr<MediaTypeDetector>(std::move(detector));
}

}  // namespace cairn::codec
