#include "oversight/agency_log.h"

#include <algorithm>

#include "audit/log_names.h"
#include "audit/log_records.h"

namespace cairn::oversight {
namespace {

using access::Act;
using access::Actor;
using access::Ground;
using access::OperationId;
using access::Permit;
using access::Role;

constexpr std::size_t kOperationBytesMax = 64;
constexpr std::size_t kKindBytesMax = 32;
constexpr std::size_t kObjectIdBytesMax = 64;

bool is_word(std::string_view text, std::size_t bytes_max) {
    return !text.empty() && text.size() <= bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
           });
}

/// "user:5f0c...": a kind and an id. What is asked for is put on record, so that no name must pass.
bool is_typed_id(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view id = text.substr(colon + 1);
    return is_word(text.substr(0, colon), kKindBytesMax) && !id.empty() &&
           id.size() <= kObjectIdBytesMax && std::all_of(id.begin(), id.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Status check_query(const ActQuery& query) {
    const ActFilter& filter = query.filter;
    const auto wrong = [](std::string_view why) {
        return fail(Errc::invalid_argument, "search of the audit log: {}", why);
    };
    if (query.limit < 1 || query.limit > kActPageMax) return wrong("ask for 1 to 1,000 acts");
    if (!filter.actor.empty() && !parse_id<access::UserId>(filter.actor)) {
        return wrong("the actor is the id of a user, 32 hex digits");
    }
    if (!filter.case_id.empty() && !parse_id<access::CaseId>(filter.case_id)) {
        return wrong("the case is given by its id, 32 hex digits");
    }
    if (!filter.operation.empty() && !is_word(filter.operation, kOperationBytesMax)) {
        return wrong("the operation is given by its name, as case_show");
    }
    if (!filter.object.empty() && !is_typed_id(filter.object)) {
        return wrong("the object is a kind and an id, as user:5f0c");
    }
    if (filter.from && filter.until && *filter.from >= *filter.until) {
        return wrong("the time it begins at must lie before that it ends at");
    }
    return ok();
}

Error no_such_act(std::uint64_t index) {
    return fail(Errc::not_found, "no act {} in the log", index);
}

std::string object_of(std::uint64_t index) {
    return fmt::format("act:{}", index);
}

}  // namespace

std::string AgencyLog::origin(const Actor& actor) const {
    return audit::origin_of_log(installation_, actor.agency.text());
}

PublicLog AgencyLog::log_of(const Actor& actor) const {
    return {gate_.records(), origin(actor)};
}

Result<ActPage> AgencyLog::page(const Actor& actor, const ActQuery& query) {
    const auto log = audit::number_of_log(gate_.records(), origin(actor));
    if (!log && log.error().code == Errc::not_found) return ActPage{};
    if (!log) return log.error();
    ActPage page;
    page.entered = CAIRN_TRY(entered_acts(gate_.records(), *log));
    const ActPlaces places = {
        .log = *log, .order = query.order, .after = query.after, .limit = query.limit + 1};
    page.acts = CAIRN_TRY(find_acts(gate_.records(), query.filter, places));
    page.more = static_cast<std::int64_t>(page.acts.size()) > query.limit;
    if (page.more) page.acts.pop_back();
    return page;
}

Result<ActPage> AgencyLog::search(const Actor& actor, const Ground& ground, const ActQuery& query) {
    CAIRN_TRY(check_query(query));
    Act act = {.operation = OperationId::audit_search, .ground = ground};
    const ActFilter& filter = query.filter;
    if (!filter.actor.empty()) act.objects.push_back("user:" + filter.actor);
    if (!filter.case_id.empty()) act.objects.push_back("case:" + filter.case_id);
    if (!filter.object.empty()) act.objects.push_back(filter.object);
    return gate_.read<ActPage>(actor, act, [&](Permit&) { return page(actor, query); });
}

Result<ActPage> AgencyLog::search_case(
    const Actor& actor, const Ground& ground, const access::CaseId& case_id, const ActQuery& query
) {
    ActQuery of_case = query;
    of_case.filter.case_id = case_id.text();
    CAIRN_TRY(check_query(of_case));
    const Act act = {.operation = OperationId::audit_of_case, .ground = ground, .case_id = case_id};
    return gate_.read<ActPage>(actor, act, [&](Permit&) { return page(actor, of_case); });
}

Result<ActPage> AgencyLog::search_own(
    const Actor& actor, const Ground& ground, const ActQuery& query
) {
    ActQuery own = query;
    own.filter.actor = actor.user.text();
    CAIRN_TRY(check_query(own));
    const Act act = {.operation = OperationId::audit_own, .ground = ground};
    return gate_.read<ActPage>(actor, act, [&](Permit&) { return page(actor, own); });
}

Result<FoundAct> AgencyLog::visible_act(Permit& permit, std::uint64_t index) {
    const auto log = audit::number_of_log(gate_.records(), origin(permit.actor));
    if (!log && log.error().code != Errc::not_found) return log.error();
    std::optional<FoundAct> found;
    if (log) found = CAIRN_TRY(act_at(gate_.records(), *log, index));
    if (!found) return no_such_act(index);
    const bool is_own = found->entry && found->entry->actor == permit.actor.user.text();
    if (!is_own && !permit.actor.roles.contains(Role::auditor)) return no_such_act(index);
    return *std::move(found);
}

Result<FoundAct> AgencyLog::show(const Actor& actor, const Ground& ground, std::uint64_t index) {
    const Act act = {
        .operation = OperationId::audit_show, .ground = ground, .objects = {object_of(index)}};
    return gate_.read<FoundAct>(actor, act, [&](Permit& permit) {
        return visible_act(permit, index);
    });
}

Result<audit::ProofFile> AgencyLog::prove(
    const Actor& actor, const Ground& ground, std::uint64_t index
) {
    const Act act = {
        .operation = OperationId::audit_prove, .ground = ground, .objects = {object_of(index)}};
    using Proof = audit::ProofFile;
    return gate_.read<Proof>(actor, act, [&](Permit& permit) -> Result<Proof> {
        CAIRN_TRY(visible_act(permit, index));
        const auto log = CAIRN_TRY(audit::open_stored_log(gate_.records(), origin(actor)));
        return audit::prove_entry(*log, index);
    });
}

Result<std::string> AgencyLog::checkpoint(const Actor& actor, const Ground& ground) {
    const Act act = {.operation = OperationId::audit_checkpoint, .ground = ground};
    return gate_.read<std::string>(actor, act, [&](Permit&) { return log_of(actor).checkpoint(); });
}

Result<std::vector<audit::Hash>> AgencyLog::consistency(
    const Actor& actor, const Ground& ground, std::uint64_t from, std::uint64_t to
) {
    const Act act = {.operation = OperationId::audit_consistency, .ground = ground};
    return gate_.read<std::vector<audit::Hash>>(actor, act, [&](Permit&) {
        return log_of(actor).consistency(from, to);
    });
}

Result<ByteVector> AgencyLog::hash_tile(
    const Actor& actor, const Ground& ground, std::string_view path
) {
    const Act act = {.operation = OperationId::audit_tile, .ground = ground};
    return gate_.read<ByteVector>(actor, act, [&](Permit&) {
        return log_of(actor).hash_tile(path);
    });
}

Result<ByteVector> AgencyLog::entry_bundle(
    const Actor& actor, const Ground& ground, std::string_view path
) {
    const auto tile = audit::parse_tile_path(path);
    if (!tile || tile->kind != audit::TileKind::entries) {
        return fail(Errc::invalid_argument, "not the path of a bundle, as tile/entries/000 is one");
    }
    const Act act = {
        .operation = OperationId::audit_entries,
        .ground = ground,
        .objects = {fmt::format("bundle:{}", tile->index)}};
    return gate_.read<ByteVector>(actor, act, [&](Permit&) -> Result<ByteVector> {
        const auto log = audit::number_of_log(gate_.records(), origin(actor));
        if (!log && log.error().code != Errc::not_found) return log.error();
        std::optional<ByteVector> bytes;
        if (log) bytes = CAIRN_TRY(audit::RecordedTiles(gate_.records(), *log).read_tile(*tile));
        if (!bytes) return fail(Errc::not_found, "there is no {} in the log", path_of(*tile));
        return *std::move(bytes);
    });
}

}  // namespace cairn::oversight
