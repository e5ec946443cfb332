#pragma once

#include <string>

#include "cli/command.h"
#include "config/configuration.h"

namespace cairn::cli {

/// The file that was examined, or the defaults when none was named and the usual one is not there.
struct ConfigurationFile {
    std::string file;
    bool is_there = true;
    config::Examined examined;
};

/// Where the configuration is looked for when none is named: $CAIRN_CONFIG, else cairn.toml in the
/// user's folder of configurations.
std::string usual_configuration_file(const Context& context);

/// `named`, or the usual one where that is empty.
Result<ConfigurationFile> examine_configuration_file(
    const Context& context, const std::string& named
);

/// For commands that need it sound: Errc::invalid_argument with all that is wrong, one a line.
Result<config::Configuration> read_configuration_file(
    const Context& context, const std::string& named
);

/// Mistakes, one a line.
std::string lines_of(const std::vector<config::Problem>& problems);

}  // namespace cairn::cli
