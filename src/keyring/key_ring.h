#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "base/id.h"
#include "crypto/secret.h"
#include "db/database.h"

namespace cairn::keyring {

extern const db::Schema kSchema;

using KeyId = Id<struct KeyIdTag>;

/// The column and the row that a sealed value belongs to: it opens nowhere else.
struct Place {
    std::string_view column;  ///< "table.column"
    Bytes row;                ///< its id
};

/// A key that was destroyed elsewhere serves no longer than this.
inline constexpr std::chrono::seconds kRememberedAtMost{60};

/// The keys under which the records keep personal content, each wrapped by the one above it:
/// master -> agency -> case -> role. What is destroyed here can never be read again, wherever
/// copies of its boxes lie. One thread at a time; `records` must outlive it.
///
/// The wrapped keys stand in one table, `wrapped_key`, which backups of the records leave out.
class KeyRing {
public:
    /// `records` has kSchema. The first opening binds the records to the master key; later ones
    /// with another key are refused: Errc::unauthenticated.
    static Result<std::unique_ptr<KeyRing>> open(
        db::Database& records, const crypto::SecretKey& master
    );

    /// A new random key, wrapped by `parent` or by the master key. Within a transaction, so that a
    /// thing and its key stand together.
    Result<KeyId> create(const std::optional<KeyId>& parent);

    /// Errc::not_found when the key, or one above it, was destroyed.
    Result<ByteVector> seal(const KeyId& key, Bytes plain, const Place& place);
    Result<std::string> unseal(const KeyId& key, Bytes box, const Place& place);

    /// Under which a value can be found again by those who hold the key: equal values of one kind
    /// ("user.login", "email") have equal tags.
    Result<crypto::Tag256> tag(const KeyId& key, std::string_view kind, std::string_view value);
    /// The same under the master key: for what must be found before its agency is known.
    crypto::Tag256 installation_tag(std::string_view kind, std::string_view value) const;

    /// Destroys a key and all below it: overwritten, then deleted. How many. Within a transaction;
    /// Database::purge_deleted() afterwards. Errc::not_found when it is not there.
    Result<std::size_t> destroy(const KeyId& key);

private:
    struct Remembered {
        crypto::SecretKey key;
        std::chrono::steady_clock::time_point since;
    };

    KeyRing(db::Database& records, const crypto::SecretKey& master);

    Status check_master();
    Result<crypto::SecretKey> key_of(const KeyId& id, int depth = 0);
    Result<crypto::SecretKey> unwrap(const KeyId& id, int depth);

    db::Database& records_;
    crypto::SecretKey master_;
    std::map<KeyId, Remembered> remembered_;
};

}  // namespace cairn::keyring
