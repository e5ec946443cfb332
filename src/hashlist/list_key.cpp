#include "hashlist/list_store.h"

namespace cairn::hashlist {

Result<crypto::SecretKey> open_list_key(
    const std::optional<std::string>& credentials_directory, const std::string& file
) {
    if (credentials_directory) {
        auto key = crypto::read_key_file(
            *credentials_directory + "/list.key", crypto::FileGuard::service_manager
        );
        if (key || key.error().code != Errc::not_found) return key;
    }
    auto key = crypto::read_key_file(file);
    if (key || key.error().code != Errc::not_found) return key;
    auto made = crypto::create_key_file(file);
    if (made || made.error().code != Errc::conflict) return made;
    return crypto::read_key_file(file);  // another process made it in between
}

}  // namespace cairn::hashlist
