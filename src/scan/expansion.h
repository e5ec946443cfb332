#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evidence/archive_reader.h"
#include "scan/examiner.h"

namespace cairn::scan {

/// What is known while the containers inside one file on the exhibit are opened one in another.
/// Used by one thread, in the archives' own order, so that every run decides alike.
class ExpansionState {
public:
    explicit ExpansionState(std::shared_ptr<TopItem> top) : top_(std::move(top)) {}

    const std::shared_ptr<TopItem>& top() const { return top_; }

    /// Goes one container deeper; or says why not: too deep, equal to a container it lies in, or
    /// to one opened already.
    std::optional<Finding> enter(const ItemRecord& container, const Limits& limits);
    void leave() { open_.pop_back(); }

    /// Counts bytes that came out of any container; false when the limit for the file is passed.
    bool add_expanded(std::uint64_t bytes, const Limits& limits);

private:
    std::shared_ptr<TopItem> top_;
    std::vector<crypto::Sha256> open_;                ///< the containers around, outermost first
    std::map<crypto::Sha256, std::string> expanded_;  ///< opened before, with their places
    std::uint64_t expanded_bytes_ = 0;
};

/// Receives the members of one container and has each examined.
class Expansion final : public evidence::MemberSink {
public:
    Expansion(Examiner& examiner, ItemRecord& container, ExpansionState& state);

    Want on_member(const evidence::ArchiveMember& member) override;
    bool on_data(Bytes bytes) override;
    void on_member_end(const evidence::MemberEnd& end) override;
    /// Writes how the container ended into its record.
    void conclude(const evidence::ArchiveEnd& end);

private:
    std::optional<Finding> passed_limit(std::uint64_t more_bytes);
    void finish_member(ItemRecord record, Spool content);

    Examiner& examiner_;
    ItemRecord& container_;
    ExpansionState& state_;
    std::uint64_t out_bytes_ = 0;
    std::uint64_t encrypted_members_ = 0;
    std::optional<Finding> limit_;  ///< set when a limit stopped the container
    std::optional<ItemRecord> member_;
    std::optional<Spool> content_;
};

}  // namespace cairn::scan
