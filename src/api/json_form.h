#pragma once

#include "api/call.h"

// How things are written in JSON, and read: the same names as in the contract.

namespace cairn::api {

Json json_of(const access::Agency& agency);
Json json_of(const access::User& user);
Json json_of(const access::Case& one);
Json json_of(const access::CaseMember& member);
Json json_of(const access::CaseShare& share);
Json json_of(const access::Authority& authority);
Json json_of(const access::Approval& approval);
Json json_of(const access::BreakGlass& glass);
Json json_of(const access::KeptAlert& kept);
Json json_of(const identity::ApiKey& key);

/// An agency that is to be added, as an approval of it and the adding itself name it.
identity::NewAgency new_agency_in(ObjectReader& body);

/// A time, or null.
Json json_of(const std::optional<UtcTime>& time);

template <typename Set, typename Enum, std::size_t N>
Json names_of(const Set& set, const std::array<Enum, N>& all) {
    Json names = Json::array();
    for (const Enum value : all) {
        if (set.contains(value)) names.push_back(name_of(value));
    }
    return names;
}

}  // namespace cairn::api
