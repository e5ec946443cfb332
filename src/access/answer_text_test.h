#pragma once

#include <string>
#include <variant>
#include <vector>

#include "access/approval.h"
#include "access/authority.h"
#include "access/break_glass.h"
#include "access/cases.h"
#include "access/people.h"

namespace cairn::access::test {

// Everything of an answer as text, so that answers can be compared to the byte.

inline std::string text(const Error& error) {
    return fmt::format("error {} {}\n", static_cast<int>(error.code), error.message);
}
inline std::string text(std::monostate) {
    return "done\n";
}
inline std::string text(std::int64_t number) {
    return fmt::format("{}\n", number);
}
template <typename Tag>
std::string text(const Id<Tag>& id) {
    return id.text() + "\n";
}
inline std::string text(const Agency& one) {
    return fmt::format("agency {} {} {}\n", one.id.text(), one.name, name_of(one.profile));
}
inline std::string text(const User& one) {
    std::string out = fmt::format(
        "user {} {} {} {} {} {}",
        one.id.text(),
        one.agency.text(),
        one.login,
        one.name,
        name_of(one.state),
        one.revision
    );
    for (const Role role : kRoles) out += one.roles.contains(role) ? "+" : "-";
    return out + "\n";
}
inline std::string text(const Case& one) {
    return fmt::format(
        "case {} {} {} '{}' {} {} {} {} {}\n",
        one.id.text(),
        one.agency.text(),
        one.agency_number,
        one.title,
        name_of(one.state),
        one.restricted,
        microseconds_of(one.opened),
        name_of(one.level),
        one.revision
    );
}
inline std::string text(const CaseMember& one) {
    return fmt::format("member {} {}\n", one.user.text(), name_of(one.level));
}
inline std::string text(const CaseShare& one) {
    return fmt::format("share {} {}\n", one.agency.text(), name_of(one.level));
}
inline std::string text(const Authority& one) {
    return fmt::format(
        "authority {} {} {} {} {}\n",
        one.id.text(),
        one.version,
        name_of(one.state),
        one.created_by.text(),
        hex_encode(encode_terms(one.terms))
    );
}
inline std::string text(const Approval& one) {
    return fmt::format(
        "approval {} {} {} {} {}\n",
        one.id.text(),
        name_of(one.state),
        one.reason,
        one.requested_by.text(),
        one.parameters
    );
}
inline std::string text(const BreakGlass& one) {
    return fmt::format(
        "break_glass {} {} {} {}\n", one.id.text(), one.user.text(), one.case_id.text(), one.reason
    );
}
inline std::string text(const KeptAlert& one) {
    return fmt::format(
        "alert {} {} {} {} {}\n",
        name_of(one.alert.role),
        one.alert.kind,
        one.alert.object,
        one.seen.has_value(),
        one.seen_by ? one.seen_by->text() : "nobody"
    );
}
template <typename T>
std::string text(const std::vector<T>& all) {
    std::string out = fmt::format("{} of them\n", all.size());
    for (const T& one : all) out += text(one);
    return out;
}
template <typename T>
std::string text(const Result<T>& result) {
    return result ? text(*result) : text(result.error());
}

}  // namespace cairn::access::test
