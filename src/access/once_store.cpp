#include <algorithm>

#include <fmt/ranges.h>

#include "access/once.h"

namespace cairn::access {
namespace {

/// Typed ids have no blanks.
std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> objects;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        objects.emplace_back(one);
    }
    return objects;
}

}  // namespace

Result<std::optional<std::vector<std::string>>> stored_once(
    db::Database& records, const UserId& user, const Once& once, UtcTime now
) {
    std::optional<std::vector<std::string>> objects;
    auto find = CAIRN_TRY(records.prepare(
        "SELECT request, objects FROM done_once WHERE user_id = ? AND key = ? AND done > ?"
    ));
    find.bind(1, user.bytes()).bind(2, Bytes(once.key));
    const bool found = CAIRN_TRY(find.bind(3, microseconds_of(now - kOnceRemembered)).step());
    if (!found) return objects;
    const Bytes request = find.bytes(0);
    if (!std::equal(request.begin(), request.end(), once.request.begin(), once.request.end())) {
        return fail(
                   Errc::conflict,
                   "this idempotency key stood for another request; choose a new one for each"
        )
            .because("key_reused");
    }
    objects = split(find.text(1));
    return objects;
}

Status store_once(
    db::Database& records,
    const UserId& user,
    const Once& once,
    const std::vector<std::string>& objects,
    UtcTime now
) {
    // In place of one that is remembered no longer.
    auto put =
        CAIRN_TRY(records.prepare("INSERT INTO done_once (user_id, key, request, objects, done) "
                                  "VALUES (?, ?, ?, ?, ?) ON CONFLICT (user_id, key) DO UPDATE SET "
                                  "request = excluded.request, objects = excluded.objects, "
                                  "done = excluded.done"));
    put.bind(1, user.bytes()).bind(2, Bytes(once.key)).bind(3, Bytes(once.request));
    put.bind(4, fmt::format("{}", fmt::join(objects, " ")));
    return put.bind(5, microseconds_of(now)).run();
}

Result<std::size_t> sweep_once(db::Database& records, UtcTime now) {
    auto remove = CAIRN_TRY(records.prepare("DELETE FROM done_once WHERE done <= ?"));
    CAIRN_TRY(remove.bind(1, microseconds_of(now - kOnceRemembered)).run());
    return static_cast<std::size_t>(records.changed_rows());
}

}  // namespace cairn::access
