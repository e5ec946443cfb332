#include "scan/expansion.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::scan {
namespace {

using evidence::ArchiveEnd;
using evidence::ArchiveMember;
using evidence::MemberEnd;
using evidence::Step;

/// A file compressed on its own has no members: its one content carries no name.
bool is_plain_compression(fingerprint::FileType type) {
    return type == fingerprint::FileType::gzip || type == fingerprint::FileType::bzip2 ||
           type == fingerprint::FileType::xz || type == fingerprint::FileType::zstd;
}

Step step_to(const ItemRecord& container, const ArchiveMember& member) {
    Step step;
    const bool decoded = is_plain_compression(container.type) && member.name.empty();
    step.kind = decoded ? Step::Kind::decoded : Step::Kind::member;
    step.format = name_of(container.type);
    step.ordinal = member.ordinal;
    step.name = member.name;
    return step;
}

}  // namespace

std::optional<Finding> ExpansionState::enter(const ItemRecord& container, const Limits& limits) {
    const crypto::Sha256& digest = container.digests->sha256;
    if (std::find(open_.begin(), open_.end(), digest) != open_.end()) {
        return make_finding(
            Finding::Kind::limit,
            "container_cycle",
            "the container lies inside itself; not opened again",
            false
        );
    }
    if (open_.size() >= limits.depth_max) {
        return make_finding(
            Finding::Kind::limit,
            "limit_depth",
            fmt::format("more than {} containers inside one another", limits.depth_max),
            true
        );
    }
    const auto [place, fresh] = expanded_.try_emplace(digest, container.path.text());
    if (!fresh) {
        return make_finding(
            Finding::Kind::limit, "container_duplicate", "same content as " + place->second, false
        );
    }
    open_.push_back(digest);
    return std::nullopt;
}

bool ExpansionState::add_expanded(std::uint64_t bytes, const Limits& limits) {
    expanded_bytes_ += bytes;
    return expanded_bytes_ <= limits.expanded_bytes_max;
}

Expansion::Expansion(Examiner& examiner, ItemRecord& container, ExpansionState& state)
    : examiner_(examiner), container_(container), state_(state) {}

evidence::MemberSink::Want Expansion::on_member(const ArchiveMember& member) {
    if (examiner_.sink_.stopping()) return Want::stop;
    member_.reset();
    content_.reset();
    if (member.kind == ArchiveMember::Kind::folder) return Want::skip;

    ItemRecord record;
    record.path = container_.path.child(step_to(container_, member));
    record.id = record.path.item_id();
    record.top = state_.top()->record().id;
    record.size_bytes = member.size_bytes.value_or(0);
    record.modified = member.modified;
    member_ = std::move(record);
    if (member.kind == ArchiveMember::Kind::link) member_->coverage = Coverage::symlink;
    if (member.kind == ArchiveMember::Kind::special) member_->coverage = Coverage::special;
    if (member.kind != ArchiveMember::Kind::file) return Want::skip;
    if (member.encrypted && !examiner_.tools_.has_passwords) {
        member_->coverage = Coverage::encrypted;
        return Want::skip;
    }
    auto content = Spool::create(examiner_.tools_.spool_folder);
    if (!content) {
        examiner_.sink_.abort(std::move(content).error());
        return Want::stop;
    }
    content_ = std::move(*content);
    return Want::content;
}

std::optional<Finding> Expansion::passed_limit(std::uint64_t more_bytes) {
    const Limits& limits = examiner_.tools_.limits;
    out_bytes_ += more_bytes;
    const bool ratio_passed = out_bytes_ > limits.ratio_free_bytes &&
                              out_bytes_ / limits.ratio_max > container_.size_bytes;
    if (ratio_passed) {
        return make_finding(
            Finding::Kind::limit,
            "limit_ratio",
            fmt::format("expands more than {}-fold", limits.ratio_max),
            true
        );
    }
    if (!state_.add_expanded(more_bytes, limits)) {
        return make_finding(
            Finding::Kind::limit,
            "limit_size",
            fmt::format(
                "more than {} come out of one file", human_bytes(limits.expanded_bytes_max)
            ),
            true
        );
    }
    return std::nullopt;
}

bool Expansion::on_data(Bytes bytes) {
    if (examiner_.sink_.stopping() || !content_) return false;
    limit_ = passed_limit(bytes.size());
    if (limit_) return false;
    if (auto kept = content_->append(bytes); !kept) {
        examiner_.sink_.abort(std::move(kept).error());
        return false;
    }
    return true;
}

void Expansion::on_member_end(const MemberEnd& end) {
    if (!member_ || examiner_.sink_.stopping()) return;
    ItemRecord record = std::move(*member_);
    member_.reset();
    const bool locked =
        end.outcome == MemberEnd::Outcome::encrypted || record.coverage == Coverage::encrypted;
    if (locked) {
        ++encrypted_members_;
        record.coverage = Coverage::encrypted;
        record.findings.push_back(make_finding(
            Finding::Kind::encrypted, "encrypted_member", "the content is encrypted", true
        ));
        content_.reset();
    } else if (limit_ || end.outcome == MemberEnd::Outcome::limit) {
        record.coverage = Coverage::limited;
        content_.reset();
    } else if (end.outcome == MemberEnd::Outcome::damaged) {
        record.coverage = Coverage::damaged;
        record.findings.push_back(
            make_finding(Finding::Kind::error, "member_damaged", end.reason, true)
        );
    }
    if (!content_) {
        examiner_.sink_.emit(std::move(record));
        return;
    }
    Spool content = std::move(*content_);
    content_.reset();
    finish_member(std::move(record), std::move(content));
}

void Expansion::finish_member(ItemRecord record, Spool content) {
    std::array<std::uint8_t, fingerprint::kSniffBytes> head{};
    const auto got = read_at(content.fd(), 0, head);
    const auto type = fingerprint::sniff(Bytes(head).first(got ? *got : 0));
    if (fingerprint::family_of(type) != fingerprint::FileFamily::archive) {
        MemberTask task{std::move(record), std::move(content), state_.top()};
        if (!examiner_.sink_.offer(task)) examiner_.examine_member(std::move(task));
        return;
    }
    if (examiner_.read_content(content.fd(), record, record.type)) {
        examiner_.identify(content.fd(), record);
        examiner_.expand(content.fd(), record, state_);
    }
    if (!examiner_.sink_.stopping()) examiner_.sink_.emit(std::move(record));
}

void Expansion::conclude(const ArchiveEnd& end) {
    if (limit_) {
        container_.coverage = Coverage::limited;
        container_.findings.push_back(*limit_);
        return;
    }
    const auto note = [&](Finding::Kind kind, Coverage coverage, std::string code, std::string text
                      ) {
        container_.coverage = coverage;
        container_.findings.push_back(make_finding(kind, std::move(code), std::move(text), true));
    };
    switch (end.outcome) {
        case ArchiveEnd::Outcome::complete:
        case ArchiveEnd::Outcome::stopped:
            break;
        case ArchiveEnd::Outcome::encrypted:
            note(
                Finding::Kind::encrypted,
                Coverage::encrypted,
                "encrypted_archive",
                "the archive is encrypted, names included"
            );
            break;
        case ArchiveEnd::Outcome::damaged:
            note(
                Finding::Kind::error,
                Coverage::damaged,
                "archive_damaged",
                fmt::format("{}; {} members came before", end.reason, end.members)
            );
            break;
        case ArchiveEnd::Outcome::limit:
            note(Finding::Kind::limit, Coverage::limited, "limit_members", end.reason);
            break;
        case ArchiveEnd::Outcome::crashed:
            note(Finding::Kind::error, Coverage::damaged, "reader_failed", end.reason);
            break;
    }
    if (encrypted_members_ > 0) {
        container_.findings.push_back(make_finding(
            Finding::Kind::encrypted,
            "encrypted_members",
            fmt::format("{} of {} members are encrypted", encrypted_members_, end.members),
            false
        ));
    }
}

}  // namespace cairn::scan
