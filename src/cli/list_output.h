#pragma once

#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace cairn::cli {

// What the commands on hash lists share.

nlohmann::ordered_json json_of(const hashlist::ListInfo& list);
nlohmann::ordered_json json_of(const hashlist::ImportReport& report);
/// For people; never a value from the list.
std::string text_of(const hashlist::ImportReport& report);
/// The rows that were read, refused and cut, without what the list is.
std::string rows_text(const hashlist::ImportReport& report);

/// Verdict, code and name, e.g. "illegal, category 1 Child Abuse Material (CAM)".
std::string category_text(const hashlist::ListEntry& entry);

/// Nothing for an option that was not given.
std::optional<std::string> given(const std::string& text);

/// How much of the files is read, on a terminal.
class ReadingProgress {
public:
    ReadingProgress(const Context& context, bool wanted)
        : context_(context), shown_(wanted && context.environment.error_is_terminal) {}

    std::function<void(std::uint64_t, std::uint64_t)> callback() const;
    void clear() const;

private:
    const Context& context_;
    bool shown_;
};

/// Adds update and merge.
void add_list_update_commands(CLI::App& list, Context& context);
/// Adds stats and diff.
void add_list_inspect_commands(CLI::App& list, Context& context);

}  // namespace cairn::cli
