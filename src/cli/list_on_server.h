#pragma once

#include "cli/server_talk.h"

// Hash lists of an agency on a server: the same commands, where --server names one.

namespace cairn::cli {

/// What lists on a server are usually worked with for.
inline constexpr const char* kListPurpose = "list_care";

/// A file for a list, and what is said of its rows.
struct ListUpload {
    std::string name;  ///< of the list
    std::string file;
    std::string version;
    std::string source;
    std::string kind;
    std::string scheme;
    std::string category;
    std::string hash_type;
    bool accept_refused = false;
};

/// Sends a list, the next version of the one with that name.
Result<Exit> import_list_on_server(
    Context& context, const ServerArguments& server, const ListUpload& upload
);
enum class ListUpdate : std::uint8_t { add, withdraw };
/// Sends rows that are added to a list or withdrawn from it.
Result<Exit> update_list_on_server(
    Context& context, const ServerArguments& server, const ListUpload& upload, ListUpdate update
);
/// All lists; of a name, the versions that are kept.
Result<Exit> show_lists_on_server(
    Context& context, const ServerArguments& server, const std::string& name
);
Result<Exit> verify_list_on_server(
    Context& context, const ServerArguments& server, const std::string& name
);
Result<Exit> remove_list_on_server(
    Context& context, const ServerArguments& server, const std::string& name
);

}  // namespace cairn::cli
