#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <limits.h>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/environment.h"

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// The XDG base directory rule: the variable when it is absolute, else the default below HOME.
std::string base_folder(const char* name, const std::string& below_home) {
    const std::string given = variable(name);
    if (!given.empty() && given.front() == '/') return given + "/cairn";
    return variable("HOME") + below_home + "/cairn";
}

std::string account_name() {
    const passwd* entry = ::getpwuid(::getuid());
    return entry == nullptr ? std::to_string(::getuid()) : entry->pw_name;
}

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// Archives within archives hold several descriptors each.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is then an error like a full disk
    raise_descriptor_limit();
    std::error_code ignored;
    cairn::cli::Environment environment;
    environment.program_folder =
        std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
    environment.data_home = base_folder("XDG_DATA_HOME", "/.local/share");
    environment.config_home = base_folder("XDG_CONFIG_HOME", "/.config");
    if (const std::string file = variable("CAIRN_CONFIG"); !file.empty()) {
        environment.config_file = file;
    }
    if (const std::string folder = variable("CREDENTIALS_DIRECTORY"); !folder.empty()) {
        environment.credentials_directory = folder;
    }
    environment.working_directory = std::filesystem::current_path(ignored).string();
    environment.account = account_name();
    environment.host = host_name();
    environment.in_is_terminal = ::isatty(STDIN_FILENO) == 1;
    environment.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
    environment.error_is_terminal = ::isatty(STDERR_FILENO) == 1;
    environment.colour = environment.error_is_terminal && environment.out_is_terminal &&
                         variable("NO_COLOR").empty() && variable("TERM") != "dumb";
    environment.processors = std::max(1U, std::thread::hardware_concurrency());
    return cairn::cli::run(argc, argv, environment);
}
