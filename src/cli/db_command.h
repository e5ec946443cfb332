#pragma once

#include "cli/command.h"

namespace cairn::cli {

/// Adds backup, restore and copy.
void add_db_transfer_commands(CLI::App& db, Context& context);

/// Adds the place of a database under `name`.
CLI::Option* add_location(
    CLI::App& command, const std::string& name, std::string& location, const std::string& text
);

}  // namespace cairn::cli
