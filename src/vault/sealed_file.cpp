#include "vault/sealed_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <semaphore>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "base/bounded_queue.h"
#include "base/text.h"

namespace cairn::vault {
namespace {

constexpr std::array<std::uint8_t, 8> kFormat = {'C', 'a', 'i', 'r', 'n', 'V', '1', '\n'};
constexpr std::size_t kSealedPieceBytes = kPieceBytes + crypto::kSealedPieceExtraBytes;
constexpr std::size_t kBeginBytes = kFormat.size() + crypto::kStreamHeaderBytes;

}  // namespace

/// The piece that is being filled, and those before it that are not digested yet.
class SealedFileWriter::Pieces {
public:
    Pieces() = default;
    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;
    ~Pieces() {
        waiting_.close();
        if (digester_.joinable()) digester_.join();
        for (Piece& piece : ring_) crypto::wipe(piece.bytes);
    }

    /// As much of `bytes` as there is room for in the present piece.
    std::size_t fill(Bytes bytes) {
        Piece& piece = ring_.at(present_);
        const std::size_t taken = std::min(bytes.size(), kPieceBytes - piece.filled);
        std::copy_n(
            bytes.begin(), taken, piece.bytes.begin() + static_cast<std::ptrdiff_t>(piece.filled)
        );
        piece.filled += taken;
        return taken;
    }
    bool is_full() const { return ring_.at(present_).filled == kPieceBytes; }

    /// Hands the present piece to the digest too; its bytes stay until go_on().
    Bytes take() {
        Piece& piece = ring_.at(present_);
        const Bytes bytes = Bytes(piece.bytes).first(piece.filled);
        waiting_.push(Bytes(bytes));
        return bytes;
    }
    /// To the next piece, once that was digested.
    void go_on() {
        present_ = (present_ + 1) % ring_.size();
        free_.acquire();
        ring_.at(present_).filled = 0;
    }

    /// Of all pieces taken. None is taken afterwards.
    crypto::Sha256 digest() {
        waiting_.close();
        digester_.join();
        return digest_.finish();
    }

private:
    static constexpr std::size_t kPieces = 8;
    struct Piece {
        ByteVector bytes = ByteVector(kPieceBytes);
        std::size_t filled = 0;
    };

    void run() {
        while (const auto bytes = waiting_.pop()) {
            digest_.update(*bytes);
            free_.release();
        }
    }

    std::array<Piece, kPieces> ring_{};
    std::size_t present_ = 0;
    /// Pieces beyond the present one that may be filled.
    std::counting_semaphore<kPieces> free_{kPieces - 1};
    BoundedQueue<Bytes> waiting_{kPieces};
    crypto::Sha256Stream digest_;
    /// Last: it uses all the others.
    std::jthread digester_{[this] { run(); }};
};

SealedFileWriter::SealedFileWriter(std::string folder, Fd fd, const crypto::SecretKey& key)
    : folder_(std::move(folder)),
      fd_(std::move(fd)),
      sealer_(key),
      pieces_(std::make_unique<Pieces>()),
      sealed_(kSealedPieceBytes) {}
SealedFileWriter::SealedFileWriter(SealedFileWriter&&) noexcept = default;
SealedFileWriter::~SealedFileWriter() = default;

Result<SealedFileWriter> SealedFileWriter::create(
    const std::string& folder, const crypto::SecretKey& key
) {
    Fd fd(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    if (!fd) {
        return fail(
            Errc::io, "{}: no file can be made in it: {}", printable(folder), errno_text(errno)
        );
    }
    SealedFileWriter writer(folder, std::move(fd), key);
    CAIRN_TRY(write_all(writer.fd_.get(), kFormat));
    CAIRN_TRY(write_all(writer.fd_.get(), writer.sealer_.header()));
    return writer;
}

Status SealedFileWriter::seal_piece(bool is_last) {
    const Bytes piece = pieces_->take();
    const MutableBytes out =
        MutableBytes(sealed_).first(piece.size() + crypto::kSealedPieceExtraBytes);
    sealer_.seal(piece, is_last, out);
    return write_all(fd_.get(), out);
}

Status SealedFileWriter::write(Bytes bytes) {
    size_bytes_ += bytes.size();
    while (!bytes.empty()) {
        // A whole piece waits for more: the last one is sealed as such, even when it is whole.
        if (pieces_->is_full()) {
            CAIRN_TRY(seal_piece(false));
            pieces_->go_on();
        }
        bytes = bytes.subspan(pieces_->fill(bytes));
    }
    return ok();
}

Result<Content> SealedFileWriter::finish() {
    CAIRN_TRY(seal_piece(true));
    return Content{.sha256 = pieces_->digest(), .size_bytes = size_bytes_};
}

Status SealedFileWriter::publish(const std::string& name) {
    if (::fsync(fd_.get()) != 0) {
        return fail(Errc::io, "{}: not synced: {}", printable(folder_), errno_text(errno));
    }
    const std::string open_file = fmt::format("/proc/self/fd/{}", fd_.get());
    const std::string path = fmt::format("{}/{}", folder_, name);
    if (::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        const Errc code = errno == EEXIST ? Errc::conflict : Errc::io;
        return fail(code, "{}: {}", printable(path), errno_text(errno));
    }
    return sync_directory(folder_);
}

SealedFileReader::SealedFileReader(std::string path, Fd fd, crypto::StreamOpener opener)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      opener_(std::move(opener)),
      offset_(kBeginBytes),
      sealed_(kSealedPieceBytes),
      piece_(kPieceBytes) {}

Result<SealedFileReader> SealedFileReader::open(
    const std::string& path, const crypto::SecretKey& key
) {
    Fd fd = CAIRN_TRY(open_for_reading(path));
    std::array<std::uint8_t, kBeginBytes> begin{};
    const std::size_t read = CAIRN_TRY(read_at(fd.get(), 0, begin));
    if (read != begin.size() || !std::equal(kFormat.begin(), kFormat.end(), begin.begin())) {
        return fail(Errc::corrupt_data, "{}: no file of a vault", printable(path));
    }
    crypto::StreamHeader header{};
    std::copy_n(begin.begin() + kFormat.size(), header.size(), header.begin());
    return SealedFileReader(path, std::move(fd), crypto::StreamOpener(key, header));
}

Result<std::optional<Bytes>> SealedFileReader::next() {
    if (ended_) {
        std::array<std::uint8_t, 1> more{};
        const std::size_t read = CAIRN_TRY(read_at(fd_.get(), offset_, more));
        if (read == 0) return std::optional<Bytes>();
        return fail(Errc::corrupt_data, "{}: goes on after its end", printable(path_));
    }
    const std::size_t read = CAIRN_TRY(read_at(fd_.get(), offset_, sealed_));
    if (read < crypto::kSealedPieceExtraBytes) {
        return fail(Errc::corrupt_data, "{}: cut off at byte {}", printable(path_), offset_ + read);
    }
    const MutableBytes piece = MutableBytes(piece_).first(read - crypto::kSealedPieceExtraBytes);
    auto is_last = opener_.open(Bytes(sealed_).first(read), piece);
    if (!is_last) {
        return std::move(is_last).error().with_context(
            fmt::format("{}: the piece at byte {}", printable(path_), offset_)
        );
    }
    offset_ += read;
    ended_ = *is_last;
    return std::optional<Bytes>(piece);
}

Result<Content> content_of(const std::string& path, const crypto::SecretKey& key) {
    auto reader = CAIRN_TRY(SealedFileReader::open(path, key));
    crypto::Sha256Stream digest;
    Content content;
    for (;;) {
        const auto piece = CAIRN_TRY(reader.next());
        if (!piece) break;
        digest.update(*piece);
        content.size_bytes += piece->size();
    }
    content.sha256 = digest.finish();
    return content;
}

}  // namespace cairn::vault
