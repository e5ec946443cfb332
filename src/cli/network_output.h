#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "network/lookup.h"

namespace cairn::cli {

// The commands on networks and how they show what they found. `view` is the one that gave the
// answer.

nlohmann::ordered_json json_of(const network::Answer& answer, const network::View& view);
std::string text_of(
    const network::Answer& answer, const network::View& view, const Terminal& terminal
);

nlohmann::ordered_json json_of(const std::vector<network::SourceVersion>& versions);
std::string text_of(const std::vector<network::SourceVersion>& versions);

nlohmann::ordered_json json_of(const network::ImportReport& report);
std::string text_of(const network::ImportReport& report);

void add_network_command(CLI::App& app, Context& context);

}  // namespace cairn::cli
