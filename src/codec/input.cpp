#include "codec/input.h"

#include <algorithm>

#include "base/fd.h"
#include "base/text.h"

namespace cairn::codec {

std::size_t Input::read_at(std::uint64_t offset, MutableBytes out) const {
    if (offset >= size_) return 0;
    const std::size_t count = std::min<std::uint64_t>(out.size(), size_ - offset);
    if (fd_ < 0) {
        std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
        return count;
    }
    const auto got = cairn::read_at(fd_, offset, out.first(count));
    return got ? *got : 0;
}

Result<ByteVector> Input::read_all(std::uint64_t bytes_max) const {
    if (size_ > bytes_max) {
        return fail(
            Errc::limit_exceeded,
            "file of {}, at most {} is decoded",
            human_bytes(size_),
            human_bytes(bytes_max)
        );
    }
    ByteVector bytes(size_);
    bytes.resize(read_at(0, bytes));
    return bytes;
}

}  // namespace cairn::codec
