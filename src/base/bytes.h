#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
using ByteVector = std::vector<std::uint8_t>;

/// The bytes of a string, without a copy; valid as long as `text`.
Bytes as_bytes(std::string_view text);
/// The bytes seen as characters, without a copy; valid as long as `bytes`.
std::string_view as_text(Bytes bytes);

/// Reads integers and byte runs from a borrowed buffer. Every access is checked: reading past
/// the end gives Errc::corrupt_data and moves nothing.
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

    std::size_t offset() const { return offset_; }
    std::size_t remaining() const { return bytes_.size() - offset_; }
    bool at_end() const { return remaining() == 0; }

    Result<std::uint8_t> u8();
    Result<std::uint16_t> u16_le();
    Result<std::uint32_t> u32_le();
    Result<std::uint64_t> u64_le();
    /// Unsigned LEB128, at most ten bytes; refuses values over 64 bits and padded forms.
    Result<std::uint64_t> leb128();
    /// A view of the next `count` bytes.
    Result<Bytes> take(std::size_t count);

private:
    Bytes bytes_;
    std::size_t offset_ = 0;
};

/// Appends integers and byte runs; the counterpart of ByteReader.
class ByteWriter {
public:
    void u8(std::uint8_t value) { bytes_.push_back(value); }
    void u16_le(std::uint16_t value);
    void u32_le(std::uint32_t value);
    void u64_le(std::uint64_t value);
    void leb128(std::uint64_t value);
    void raw(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    /// LEB128 length, then the bytes.
    void sized(Bytes bytes);

    const ByteVector& bytes() const { return bytes_; }
    ByteVector take() { return std::move(bytes_); }

private:
    ByteVector bytes_;
};

}  // namespace cairn
