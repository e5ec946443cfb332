#include "crypto/sealed_stream.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace cairn::crypto {
namespace {

struct Sealed {
    StreamHeader header{};
    std::vector<ByteVector> pieces;
};

Sealed sealed(const SecretKey& key, const std::vector<ByteVector>& pieces) {
    StreamSealer sealer(key);
    Sealed stream{.header = sealer.header(), .pieces = {}};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        ByteVector out(pieces[i].size() + kSealedPieceExtraBytes);
        sealer.seal(pieces[i], i + 1 == pieces.size(), out);
        stream.pieces.push_back(std::move(out));
    }
    return stream;
}

/// The pieces up to the first that does not open, and whether the last of all was among them.
std::pair<std::vector<ByteVector>, bool> opened(const SecretKey& key, const Sealed& stream) {
    StreamOpener opener(key, stream.header);
    std::pair<std::vector<ByteVector>, bool> result;
    for (const ByteVector& piece : stream.pieces) {
        if (piece.size() < kSealedPieceExtraBytes) break;
        ByteVector out(piece.size() - kSealedPieceExtraBytes);
        const auto is_last = opener.open(piece, out);
        if (!is_last) break;
        result.first.push_back(std::move(out));
        result.second = *is_last;
    }
    return result;
}

RC_GTEST_PROP(SealedStream, OpensAsItWasSealed, (const std::vector<ByteVector>& pieces)) {
    RC_PRE(!pieces.empty());
    const auto key = SecretKey::random();
    const auto [plain, is_whole] = opened(key, sealed(key, pieces));
    RC_ASSERT(plain == pieces);
    RC_ASSERT(is_whole);
}

TEST(SealedStream, SealsNothingTwiceAlike) {
    const auto key = SecretKey::random();
    const std::vector<ByteVector> pieces = {ByteVector(100, 7)};
    EXPECT_NE(sealed(key, pieces).pieces, sealed(key, pieces).pieces);
}

TEST(SealedStream, SeesWhatIsMissingMovedOrAdded) {
    const auto key = SecretKey::random();
    const std::vector<ByteVector> pieces = {{1, 1}, {2, 2}, {3, 3}};
    const Sealed whole = sealed(key, pieces);
    Sealed cut = whole;
    cut.pieces.pop_back();
    EXPECT_FALSE(opened(key, cut).second);
    Sealed moved = whole;
    std::swap(moved.pieces[0], moved.pieces[1]);
    EXPECT_EQ(opened(key, moved).first.size(), 0U);
    Sealed doubled = whole;
    doubled.pieces.insert(doubled.pieces.begin(), doubled.pieces.front());
    EXPECT_EQ(opened(key, doubled).first.size(), 1U);
    Sealed foreign = whole;
    foreign.pieces[1] = sealed(key, pieces).pieces[1];
    EXPECT_EQ(opened(key, foreign).first.size(), 1U);
    EXPECT_EQ(opened(SecretKey::random(), whole).first.size(), 0U);
}

RC_GTEST_PROP(SealedStream, SeesEveryAlteredBit, ()) {
    const auto key = SecretKey::random();
    Sealed stream = sealed(key, {ByteVector(40, 1)});
    const auto bit = *rc::gen::inRange<std::size_t>(0, stream.pieces[0].size() * 8);
    stream.pieces[0][bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    RC_ASSERT(opened(key, stream).first.empty());
}

}  // namespace
}  // namespace cairn::crypto
