#pragma once

#include <map>
#include <memory>
#include <string>

#include "audit/finding_list.h"
#include "audit/log_place.h"

namespace cairn::audit {

/// A log on its way to verify_log(): each entry that binds heads of agencies' logs is compared with
/// those logs as they lie in the same place. Logs without such entries pass as they are.
class BoundLog final : public LogSource {
public:
    /// Both must outlive it.
    BoundLog(StoredLog& log, LogPlace& place, std::size_t findings_max);
    ~BoundLog() override;

    Result<std::uint64_t> tree_size() override { return log_.tree_size(); }
    Result<std::optional<LogRow>> next_row() override;
    Result<std::optional<LogCheckpoint>> next_checkpoint() override {
        return log_.next_checkpoint();
    }
    Result<std::optional<ByteVector>> read_tile(const TileId& tile) override {
        return log_.read_tile(tile);
    }

    /// After the last row: adds what was found to the report of the log's verification.
    void add_to(LogReport& report);

private:
    struct BoundOne;

    void check(const LogRow& row);
    void check_binding(std::uint64_t index, const Hash& root, Binding& binding);
    void check_head(std::uint64_t index, const Checkpoint& head);
    BoundOne& opened(const std::string& origin);

    StoredLog& log_;
    LogPlace& place_;
    FindingList findings_;
    std::map<std::string, TreeHead> heads_;  ///< as bound last
    std::map<std::string, std::unique_ptr<BoundOne>> logs_;
};

}  // namespace cairn::audit
