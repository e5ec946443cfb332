#include "network/lookup.h"

#include <algorithm>

namespace cairn::network {
namespace {

UtcTime::duration distance_between(UtcTime one, UtcTime other) {
    return one < other ? other - one : one - other;
}

ClassSet all_classes() {
    ClassSet all;
    for (const ClassRow& row : address_classes()) all.insert(row.address_class);
    return all;
}

}  // namespace

ClassSet Answer::class_set() const {
    if (reserved != nullptr) return {AddressClass::reserved};
    if (classes.empty()) return {AddressClass::plain};
    ClassSet set;
    for (const Fact<AddressClass>& fact : classes) set.insert(fact.value);
    return set;
}

/// Once for all questions: what cannot be fresh whatever the address is.
void View::judge_freshness() {
    for (const Entry& entry : entries_) {
        const Coverage& coverage = entry.version->coverage;
        if (!entry.facts_count || entry.distance > kPlaceFreshFor) continue;
        country_fresh_ |= coverage.countries;
        system_fresh_ |= coverage.systems;
    }
    for (const ClassRow& row : address_classes()) {
        if (!row.expected) continue;
        bool covered = false;
        bool fresh = false;
        for (const Entry& entry : entries_) {
            const bool speaks = entry.version->coverage.classes.contains(row.address_class) &&
                                entry.counted.contains(row.address_class);
            covered |= speaks;
            fresh |= speaks && entry.distance <= row.fresh_for;
        }
        if (!covered) not_covered_.insert(row.address_class);
        if (!fresh) unfresh_.insert(row.address_class);
    }
}

/// Nearer sources were asked before: what they said stands.
void View::take_facts(const Entry& entry, const Facts& facts, Answer& answer) const {
    const SourceVersion* const source = entry.version.get();
    const bool stale = entry.distance > kPlaceFreshFor;
    if (!answer.country && facts.country != kNoCountry) {
        answer.country = {facts.country, source, stale};
    }
    if (!answer.system && facts.system != 0) answer.system = {facts.system, source, stale};
    const bool same_system = answer.system && facts.system == answer.system->value;
    if (!answer.operator_name && !facts.operator_name.empty() &&
        (facts.system == 0 || same_system)) {
        answer.operator_name = {facts.operator_name, source, stale};
    }
    if (!answer.connection && facts.connection != Connection::unknown) {
        answer.connection = {facts.connection, source, stale};
    }
}

void View::take_classes(const Entry& entry, ClassSet classes, Answer& answer) const {
    if (classes.empty()) return;
    for (const ClassRow& row : address_classes()) {
        const AddressClass one = row.address_class;
        if (!classes.contains(one) || !entry.counted.contains(one)) continue;
        const bool stale = entry.distance > row.fresh_for;
        if (stale) answer.stale_classes.insert(one);
        answer.classes.push_back({one, entry.version.get(), stale});
    }
}

Result<Answer> View::look_up(const Address& address) const {
    Answer answer;
    answer.address = address;
    answer.reserved = special_use_of(address);
    if (answer.reserved != nullptr) return answer;
    answer.tunnel = tunnel_of(address);
    answer.stale_classes = unfresh_;
    for (const Entry& entry : entries_) {
        const Facts facts = CAIRN_TRY(entry.reader->facts_of(address));
        if (entry.facts_count) take_facts(entry, facts, answer);
        take_classes(entry, facts.classes, answer);
    }
    if (answer.system) {
        for (const Entry& entry : entries_) {
            take_classes(entry, entry.reader->classes_of_system(answer.system->value), answer);
        }
    }
    answer.country_stale = answer.country ? answer.country->stale : !country_fresh_;
    answer.system_stale = answer.system ? answer.system->stale : !system_fresh_;
    return answer;
}

Result<std::unique_ptr<Lookup>> Lookup::open(SourceStore& store, Origin origin) {
    std::unique_ptr<Lookup> lookup(new Lookup(store));
    auto versions = CAIRN_TRY(store.versions());
    for (SourceVersion& version : versions) {
        if (origin == Origin::imported && version.installed) continue;
        auto kept = std::make_shared<const SourceVersion>(std::move(version));
        lookup->sources_[kept->name].push_back(std::move(kept));
    }
    return lookup;
}

Status Lookup::add(View& view, const std::shared_ptr<const SourceVersion>& version, bool nearest) {
    View::Entry entry;
    entry.version = version;
    entry.distance = distance_between(version->valid_from, view.time_);
    entry.facts_count = nearest;
    entry.counted = nearest ? all_classes() : ClassSet{AddressClass::tor_exit};
    {
        const std::lock_guard lock(mutex_);
        auto& reader = readers_[version->number];
        if (reader == nullptr) {
            auto opened = store_.reader(*version);
            if (!opened) return std::move(opened).error().with_context(title_of(*version));
            reader = *std::move(opened);
        }
        entry.reader = reader;
    }
    view.entries_.push_back(std::move(entry));
    return ok();
}

Result<std::shared_ptr<const View>> Lookup::at(UtcTime time) {
    std::shared_ptr<View> view(new View(time));
    const auto distance = [&](const auto& version) {
        return distance_between(version->valid_from, time);
    };
    for (const auto& [name, versions] : sources_) {
        const auto nearest = std::min_element(
            versions.begin(),
            versions.end(),
            [&](const auto& left, const auto& right) { return distance(left) < distance(right); }
        );
        const auto window = row_of(AddressClass::tor_exit).fresh_for;
        for (auto version = versions.begin(); version != versions.end(); ++version) {
            const bool exits = (*version)->coverage.classes.contains(AddressClass::tor_exit) &&
                               distance(*version) <= window;
            if (version != nearest && !exits) continue;
            CAIRN_TRY(add(*view, *version, version == nearest));
        }
    }
    // Versions come by name and time, so that of equally near ones the earlier stays first.
    std::stable_sort(
        view->entries_.begin(),
        view->entries_.end(),
        [](const View::Entry& left, const View::Entry& right) {
            if (left.distance != right.distance) return left.distance < right.distance;
            return left.version->valid_from < right.version->valid_from;
        }
    );
    view->judge_freshness();
    return std::shared_ptr<const View>(std::move(view));
}

}  // namespace cairn::network
