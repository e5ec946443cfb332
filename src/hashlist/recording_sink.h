#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hashlist/list_record.h"

namespace cairn::hashlist {

/// Keeps what a reader gives, for tests and fuzzers.
class RecordingSink final : public RecordSink {
public:
    Status accept(const ListRecord& record) override {
        records.push_back(record);
        return ok();
    }
    void refuse(RowPosition position, std::string_view reason) override {
        refused.emplace_back(position, reason);
    }
    void skip(std::string_view reason) override { ++skipped[std::string(reason)]; }
    void warn(std::string_view reason) override { ++warnings[std::string(reason)]; }
    void unknown_member(std::string_view name) override { ++unknown[std::string(name)]; }

    using Counts = std::map<std::string, int>;
    std::vector<ListRecord> records;
    std::vector<std::pair<RowPosition, std::string>> refused;
    Counts skipped;
    Counts warnings;
    Counts unknown;
};

}  // namespace cairn::hashlist
