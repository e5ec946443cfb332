#include "base/fd.h"
#include "base/hex.h"
#include "hashlist/list_store.h"

namespace cairn::hashlist {
namespace {

constexpr std::string_view kCredentialName = "cairn-list-key";
constexpr std::size_t kCredentialBytesMax = 4096;

/// The service manager guards its credentials itself, in part by access lists that show as group
/// permissions, so the mode says nothing here.
Result<crypto::SecretKey> read_credential(const std::string& path) {
    const ByteVector bytes = CAIRN_TRY(read_file(path, kCredentialBytesMax));
    std::string_view text = as_text(bytes);
    while (text.ends_with('\n')) text.remove_suffix(1);
    const auto key = hex_decode_array<crypto::SecretKey::kSize>(text);
    if (!key) return fail(Errc::corrupt_data, "{}: a key is 64 hex digits", path);
    return crypto::SecretKey::from_bytes(*key);
}

}  // namespace

Result<crypto::SecretKey> open_list_key(
    const std::optional<std::string>& credentials_directory, const std::string& file
) {
    if (credentials_directory) {
        auto key = read_credential(*credentials_directory + "/" + std::string(kCredentialName));
        if (key || key.error().code != Errc::not_found) return key;
    }
    auto key = crypto::read_key_file(file);
    if (key || key.error().code != Errc::not_found) return key;
    auto made = crypto::create_key_file(file);
    if (made || made.error().code != Errc::conflict) return made;
    return crypto::read_key_file(file);  // another process made it in between
}

}  // namespace cairn::hashlist
