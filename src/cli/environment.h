#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cairn::cli {

/// What the program found around it when it started. Read once, in main().
struct Environment {
    std::string program_folder;              ///< where cairn, cairn-decoder and cairn-reader lie
    std::string data_home;                   ///< $XDG_DATA_HOME/cairn
    std::string config_home;                 ///< $XDG_CONFIG_HOME/cairn
    std::optional<std::string> config_file;  ///< $CAIRN_CONFIG
    std::optional<std::string> credentials_directory;  ///< systemd's $CREDENTIALS_DIRECTORY
    std::string working_directory;
    std::string account;
    std::string host;
    bool in_is_terminal = false;
    bool out_is_terminal = false;
    bool error_is_terminal = false;
    bool colour = false;  ///< on a terminal, unless NO_COLOR is set
    unsigned processors = 1;
};

/// The exit codes of every command.
enum class Exit : std::uint8_t {
    covered_clean = 0,    ///< done; for scans: all covered, no match
    covered_matches = 1,  ///< scans: all covered, at least one match that counts
    tampered = 1,         ///< audit: a log, a proof or a checkpoint is not what was logged
    usage = 2,            ///< wrong arguments
    not_covered = 3,      ///< interrupted, unreadable, locked, limit: with or without matches
    not_vouched = 3,      ///< audit: nothing found, but not all could be verified
    failed = 4,           ///< nothing useful was done
};

/// Runs the command line. Returns the exit code.
int run(int argc, char** argv, const Environment& environment);

}  // namespace cairn::cli
