#include "cli/configuration_file.h"

#include "base/text.h"

namespace cairn::cli {

std::string usual_configuration_file(const Context& context) {
    const Environment& environment = context.environment;
    return environment.config_file.value_or(environment.config_home + "/cairn.toml");
}

Result<ConfigurationFile> examine_configuration_file(
    const Context& context, const std::string& named
) {
    const Environment& environment = context.environment;
    const bool is_named = !named.empty() || environment.config_file.has_value();
    const std::string file =
        absolute_path(context, named.empty() ? usual_configuration_file(context) : named);
    const config::Places places{
        environment.data_home, environment.credentials_directory, environment.host};
    auto examined = config::examine_file(file, places);
    if (examined) return ConfigurationFile{file, true, *std::move(examined)};
    if (is_named || examined.error().code != Errc::not_found) return std::move(examined).error();
    return ConfigurationFile{file, false, config::parse_configuration("", file, places)};
}

Result<config::Configuration> read_configuration_file(
    const Context& context, const std::string& named
) {
    ConfigurationFile read = CAIRN_TRY(examine_configuration_file(context, named));
    if (read.examined.problems.empty()) return std::move(read.examined.configuration);
    std::string lines = lines_of(read.examined.problems);
    lines.pop_back();  // the last newline
    return fail(Errc::invalid_argument, "{}", lines);
}

std::string lines_of(const std::vector<config::Problem>& problems) {
    std::string text;
    for (const config::Problem& problem : problems) text += text_of(problem) + "\n";
    if (problems.size() >= config::kProblemsMax) text += "There may be more.\n";
    return text;
}

}  // namespace cairn::cli
