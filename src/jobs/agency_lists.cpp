#include "jobs/agency_lists.h"

namespace cairn::jobs {

using access::Act;
using access::Actor;
using access::Ground;
using access::OperationId;
using access::Permit;
using hashlist::ListInfo;

Result<std::shared_ptr<hashlist::ListStore>> ListFolders::of(const access::AgencyId& agency) {
    const std::lock_guard lock(mutex_);
    const auto known = open_.find(agency);
    if (known != open_.end()) return known->second;
    const std::string name = agency.text();
    auto store = CAIRN_TRY(hashlist::ListStore::open(root_ + "/" + name, key_.derive(name)));
    std::shared_ptr<hashlist::ListStore> shared(std::move(store));
    open_.emplace(agency, shared);
    return shared;
}

Result<Act> AgencyLists::act_on(
    const Actor& actor, const Ground& ground, OperationId operation, const std::string& name
) {
    const auto agency = CAIRN_TRY(access::stored_agency(gate_.records(), actor.agency));
    const auto tag = CAIRN_TRY(gate_.keys().tag(agency.key, "list.name", name));
    Act act = {.operation = operation, .ground = ground};
    act.objects = {"list:" + hex_encode(Bytes(tag).first(access::AgencyId::kSize))};
    return act;
}

Result<std::vector<ListInfo>> AgencyLists::list(const Actor& actor, const Ground& ground) {
    const Act act = {.operation = OperationId::list_list, .ground = ground};
    using Lists = std::vector<ListInfo>;
    return gate_.read<Lists>(actor, act, [&](Permit&) -> Result<Lists> {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        return store->lists();
    });
}

Result<std::vector<ListInfo>> AgencyLists::show(
    const Actor& actor, const Ground& ground, const std::string& name
) {
    const Act act = CAIRN_TRY(act_on(actor, ground, OperationId::list_show, name));
    using Lists = std::vector<ListInfo>;
    return gate_.read<Lists>(actor, act, [&](Permit&) -> Result<Lists> {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        CAIRN_TRY(store->info(name));  // its error names the lists there are
        return store->versions(name);
    });
}

Result<hashlist::ImportReport> AgencyLists::import(
    const Actor& actor, const Ground& ground, const hashlist::ImportOptions& options
) {
    const Act act = CAIRN_TRY(act_on(actor, ground, OperationId::list_import, options.name));
    using Report = hashlist::ImportReport;
    return gate_.perform<Report>(actor, act, [&](Permit& permit) -> Result<Report> {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        auto report = CAIRN_TRY(store->import(options));
        permit.more_objects = {"list_version:" + report.list.version_id};
        return report;
    });
}

Result<hashlist::UpdateReport> AgencyLists::update(
    const Actor& actor, const Ground& ground, const hashlist::UpdateOptions& options
) {
    const Act act = CAIRN_TRY(act_on(actor, ground, OperationId::list_update, options.name));
    using Report = hashlist::UpdateReport;
    return gate_.perform<Report>(actor, act, [&](Permit& permit) -> Result<Report> {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        auto report = CAIRN_TRY(store->update(options));
        permit.more_objects = {"list_version:" + report.added.list.version_id};
        return report;
    });
}

Status AgencyLists::verify(const Actor& actor, const Ground& ground, const std::string& name) {
    const Act act = CAIRN_TRY(act_on(actor, ground, OperationId::list_verify, name));
    return gate_.read<std::monostate>(actor, act, [&](Permit&) -> Status {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        return store->verify(name);
    });
}

Result<hashlist::ListStatistics> AgencyLists::statistics(
    const Actor& actor, const Ground& ground, const std::string& name
) {
    const Act act = CAIRN_TRY(act_on(actor, ground, OperationId::list_statistics, name));
    using Statistics = hashlist::ListStatistics;
    return gate_.read<Statistics>(actor, act, [&](Permit&) -> Result<Statistics> {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        return store->statistics(name);
    });
}

Result<ListChanges> AgencyLists::difference(
    const Actor& actor,
    const Ground& ground,
    const std::string& name,
    const std::string& before,
    const std::string& after
) {
    const Act act = CAIRN_TRY(act_on(actor, ground, OperationId::list_difference, name));
    return gate_.read<ListChanges>(actor, act, [&](Permit&) -> Result<ListChanges> {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        const auto difference = CAIRN_TRY(store->difference(name, before, after));
        return ListChanges{
            .added = difference.added.size(),
            .withdrawn = difference.withdrawn.size(),
            .changed = difference.changed.size(),
            .unchanged = difference.unchanged};
    });
}

Status AgencyLists::remove(const Actor& actor, const Ground& ground, const std::string& name) {
    const Act act = CAIRN_TRY(act_on(actor, ground, OperationId::list_remove, name));
    return gate_.perform<std::monostate>(actor, act, [&](Permit&) -> Status {
        const auto store = CAIRN_TRY(folders_.of(actor.agency));
        return store->remove(name);
    });
}

}  // namespace cairn::jobs
