#include "cli/list_on_server.h"

#include "base/fd.h"
#include "base/text.h"
#include "client/server_address.h"

namespace cairn::cli {
namespace {

using client::Json;
using client::percent_encoded;
using client::with_query;

constexpr Column kListColumns[] = {
    {"NAME", "name"},
    {"VERSION", "version"},
    {"KIND", "kind"},
    {"SCHEME", "scheme"},
    {"ENTRIES", "entries"},
    {"PDQ", "pdq_codes"},
    {"IMPORTED", "imported"}};

std::string path_of(const std::string& name, std::string_view rest = "") {
    return fmt::format("/api/v1/lists/{}{}", percent_encoded(name), rest);
}

/// "1,200 no_digest, 3 ..." of an object of counts.
std::string counts_of(const Json& answer, const char* member) {
    std::string text;
    const auto counts = answer.find(member);
    if (counts == answer.end() || !counts->is_object()) return text;
    for (const auto& [name, count] : counts->items()) {
        const std::string number = count.is_number_unsigned() ? grouped(count.get<std::uint64_t>())
                                                              : printable(count.dump());
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number, printable(name));
    }
    return text;
}

/// What the server did with the rows, for people.
std::string text_of(const Json& answer) {
    const auto list = answer.value("list", Json::object());
    const std::string name = cell_of(list, "name");
    if (cell_of(answer, "unchanged") == "yes") {
        return fmt::format("List \"{}\" already holds this; nothing changed.", name);
    }
    std::string text = fmt::format(
        "List \"{}\", version {}: {} entries.\nRows: {} read, {} accepted, {} merged.",
        name,
        cell_of(list, "version"),
        cell_of(list, "entries"),
        cell_of(answer, "rows_read"),
        cell_of(answer, "rows_accepted"),
        cell_of(answer, "rows_merged")
    );
    if (const auto refused = counts_of(answer, "refused"); !refused.empty()) {
        text += "\nRefused: " + refused + ".";
    }
    if (answer.contains("entries_added")) {
        text += fmt::format(
            "\nEntries: {} added, {} withdrawn, {} replaced.",
            cell_of(answer, "entries_added"),
            cell_of(answer, "entries_withdrawn"),
            cell_of(answer, "entries_replaced")
        );
    }
    const auto categories = counts_of(answer, "categories");
    if (categories.empty()) return text;
    return text + fmt::format(
                      "\nRows by category of scheme {}: {}.\n"
                      "Check that this is the source's own table.",
                      cell_of(list, "scheme"),
                      categories
                  );
}

Result<Exit> send(
    Context& context,
    const ServerArguments& server,
    fetch::Method method,
    const std::string& path,
    const std::string& file
) {
    auto connection = CAIRN_TRY(connect(context, server));
    const Fd opened = CAIRN_TRY(open_for_reading(absolute_path(context, file)));
    const Json answer = CAIRN_TRY(connection.send_file(method, path, opened.get()));
    CAIRN_TRY(show_done(context, server, answer, text_of(answer)));
    return Exit::covered_clean;
}

}  // namespace

Result<Exit> import_list_on_server(
    Context& context, const ServerArguments& server, const ListUpload& upload
) {
    const std::string path = with_query(
        path_of(upload.name),
        {{"version", upload.version},
         {"source", upload.source},
         {"kind", upload.kind},
         {"scheme", upload.scheme},
         {"category", upload.category},
         {"hash_type", upload.hash_type},
         {"confirm_refused", upload.accept_refused ? "true" : ""}}
    );
    return send(context, server, fetch::Method::put, path, upload.file);
}

Result<Exit> update_list_on_server(
    Context& context, const ServerArguments& server, const ListUpload& upload, ListUpdate update
) {
    const std::string path = with_query(
        path_of(upload.name, update == ListUpdate::add ? "/additions" : "/withdrawals"),
        {{"version", upload.version},
         {"category", upload.category},
         {"hash_type", upload.hash_type},
         {"confirm_refused", upload.accept_refused ? "true" : ""}}
    );
    return send(context, server, fetch::Method::post, path, upload.file);
}

Result<Exit> show_lists_on_server(
    Context& context, const ServerArguments& server, const std::string& name
) {
    const std::string path = name.empty() ? std::string("/api/v1/lists") : path_of(name);
    return show_list(context, server, path, kListColumns, "No lists.");
}

Result<Exit> verify_list_on_server(
    Context& context, const ServerArguments& server, const std::string& name
) {
    if (name.empty()) {
        return fail(Errc::invalid_argument, "name the list to verify on the server");
    }
    auto connection = CAIRN_TRY(connect(context, server));
    const Json done = CAIRN_TRY(connection.post(path_of(name, "/verify")));
    CAIRN_TRY(show_done(context, server, done, printable(name) + ": intact"));
    return Exit::covered_clean;
}

Result<Exit> remove_list_on_server(
    Context& context, const ServerArguments& server, const std::string& name
) {
    auto connection = CAIRN_TRY(connect(context, server));
    const Json done = CAIRN_TRY(connection.remove(path_of(name)));
    CAIRN_TRY(show_done(context, server, done, fmt::format("List \"{}\" removed.", printable(name)))
    );
    return Exit::covered_clean;
}

}  // namespace cairn::cli
