#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.h"
#include "crypto/digest.h"
#include "crypto/sealed_stream.h"

namespace cairn::vault {

// A file whose plain text never touches the disk: eight bytes that name the format, the header of
// a sealed stream, then pieces of kPieceBytes each sealed, the last one marked as such.

inline constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

/// What a text was before it was sealed.
struct Content {
    crypto::Sha256 sha256{};
    std::uint64_t size_bytes = 0;
    bool operator==(const Content&) const = default;
};

/// Writes one. It has no name until publish() gives it one: whatever happens before leaves nothing
/// behind, `kill -9` included. One thread at a time; a thread of its own digests what another
/// processor seals meanwhile, since the two cost about the same.
class SealedFileWriter {
public:
    /// In a folder that exists; the key is of this file alone. Errc::io, naming the folder.
    static Result<SealedFileWriter> create(const std::string& folder, const crypto::SecretKey& key);

    /// The next bytes of the text, as many as there are. Errc::io when the disk is full.
    Status write(Bytes bytes);

    /// Seals what is left; nothing is durable yet. Write no more afterwards.
    Result<Content> finish();
    /// Under this name in the folder, durable; Errc::conflict when there is such a file.
    Status publish(const std::string& name);

    SealedFileWriter(SealedFileWriter&&) noexcept;
    SealedFileWriter& operator=(SealedFileWriter&&) = delete;
    ~SealedFileWriter();

private:
    class Pieces;

    SealedFileWriter(std::string folder, Fd fd, const crypto::SecretKey& key);

    Status seal_piece(bool is_last);

    std::string folder_;
    Fd fd_;
    crypto::StreamSealer sealer_;
    std::unique_ptr<Pieces> pieces_;
    std::uint64_t size_bytes_ = 0;
    ByteVector sealed_;
};

/// Reads one from its beginning. One thread at a time.
class SealedFileReader {
public:
    /// Errc::not_found; Errc::corrupt_data when it is no such file.
    static Result<SealedFileReader> open(const std::string& path, const crypto::SecretKey& key);

    /// The next bytes, valid until the next call; nullopt at the end. Errc::corrupt_data when the
    /// file was altered or cut off, or the key is another.
    Result<std::optional<Bytes>> next();

private:
    SealedFileReader(std::string path, Fd fd, crypto::StreamOpener opener);

    std::string path_;
    Fd fd_;
    crypto::StreamOpener opener_;
    std::uint64_t offset_;
    bool ended_ = false;
    ByteVector sealed_;
    ByteVector piece_;
};

/// Reads it to its end: what it holds. Errors as SealedFileReader.
Result<Content> content_of(const std::string& path, const crypto::SecretKey& key);

}  // namespace cairn::vault
