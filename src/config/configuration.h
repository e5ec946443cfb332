#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "crypto/secret.h"

namespace cairn::config {

// What an installation can be told. Bounds and explanations stand in settings.cpp; their source is
// the list of safeguards. A value here without a bound there does not exist.

struct Installation {
    /// Origin of its audit log (C2SP tlog-checkpoint); fixed once the log has begun.
    std::string name;
    auto operator<=>(const Installation&) const = default;
};

/// Where the secret files lie, and what keeps others from them.
struct Secrets {
    std::string folder;
    crypto::FileGuard guard = crypto::FileGuard::mode;
    auto operator<=>(const Secrets&) const = default;
};

/// The door of the installation.
struct Server {
    std::string address = "127.0.0.1";
    std::uint32_t port = 8443;
    std::string certificate_file;
    std::string key_file;
    std::string lowest_tls = "1.3";
    std::string web_folder;  ///< empty: what came with the program
    std::uint32_t workers = 16;
    std::uint32_t io_threads = 1;
    std::uint32_t metrics_port = 0;  ///< of this machine alone; 0: none
    auto operator<=>(const Server&) const = default;
};

/// How several servers of one installation tell each other what changed.
struct Bus {
    std::string address;           ///< empty: there is one server
    std::string credentials_file;  ///< a name in the folder of the secrets; empty: none
    auto operator<=>(const Bus&) const = default;
};

/// A host in the own network that may be asked all the same.
struct OwnHost {
    std::string name;
    auto operator<=>(const OwnHost&) const = default;
};

/// Questions to other servers.
struct Fetch {
    std::string trust_file;  ///< empty: the authorities of the system
    std::vector<OwnHost> own_hosts;
    auto operator<=>(const Fetch&) const = default;
};

/// A folder of this machine that an agency may have scanned.
struct ScanRoot {
    std::string name;
    std::string path;
    std::string agency;  ///< its name, or "all"
    auto operator<=>(const ScanRoot&) const = default;
};

struct Scan {
    std::vector<ScanRoot> roots;
    auto operator<=>(const Scan&) const = default;
};

/// One provider of OpenID Connect through which people may sign in.
struct OpenIdConnect {
    std::string name;
    std::string issuer;
    std::string client_id;
    std::string client_secret_file;  ///< a name in the folder of the secrets
    std::string redirect_url;
    auto operator<=>(const OpenIdConnect&) const = default;
};

/// The second factor has no setting: it cannot be switched off.
struct SignIn {
    std::uint32_t failed_attempts_max = 5;
    std::chrono::seconds first_delay = std::chrono::minutes(10);
    std::chrono::seconds idle_limit = std::chrono::minutes(15);
    std::chrono::seconds session_limit = std::chrono::hours(12);
    std::chrono::seconds fresh_second_factor = std::chrono::minutes(10);
    std::vector<OpenIdConnect> openid_connect;
    auto operator<=>(const SignIn&) const = default;
};

struct FourEyes {
    std::chrono::seconds request_limit = std::chrono::hours(72);
    auto operator<=>(const FourEyes&) const = default;
};

struct BreakGlass {
    std::chrono::seconds duration = std::chrono::minutes(60);
    std::chrono::seconds review_limit = std::chrono::hours(24);
    std::uint32_t reason_characters_min = 30;
    auto operator<=>(const BreakGlass&) const = default;
};

/// How long an authority for each act may be in force. Acts that go on by themselves, or reach
/// people under no suspicion yet, are decided anew each quarter, the others each year.
struct LongestAuthority {
    static constexpr std::chrono::seconds kQuarter = std::chrono::days(90);
    static constexpr std::chrono::seconds kYear = std::chrono::days(365);

    std::chrono::seconds search_cross_case = kYear;
    std::chrono::seconds export_ = kYear;  ///< "export", which is a word of C++
    std::chrono::seconds unlock = kQuarter;
    std::chrono::seconds monitor = kQuarter;
    std::chrono::seconds legal_request = kYear;
    std::chrono::seconds de_pseudonymise = kQuarter;
    std::chrono::seconds deconflict = kYear;
    std::chrono::seconds share = kYear;
    std::chrono::seconds retain_longer = kYear;
    std::chrono::seconds view_media = kYear;
    std::chrono::seconds follow = kQuarter;
    std::chrono::seconds rematch = kYear;
    std::chrono::seconds list_publish = kYear;
    std::chrono::seconds list_export = kYear;
    std::chrono::seconds spread = kQuarter;
    auto operator<=>(const LongestAuthority&) const = default;
};

struct Authority {
    LongestAuthority longest;
    auto operator<=>(const Authority&) const = default;
};

/// Another organisation's key that co-signs checkpoints.
struct Witness {
    std::string name;
    std::string address;  ///< to which add-checkpoint is appended (C2SP tlog-witness)
    std::string key;      ///< verifier key of a signed note: name+id+base64, a cosignature/v1 key
    auto operator<=>(const Witness&) const = default;
};

struct Audit {
    std::chrono::seconds checkpoint_interval = std::chrono::seconds(1);
    std::uint32_t witnesses_required = 1;
    std::vector<Witness> witnesses;
    auto operator<=>(const Audit&) const = default;
};

/// Everything an installation is told, as plain values. Paths are absolute.
struct Configuration {
    std::string data_folder;
    std::string database;        ///< a file, or postgresql://
    std::string owner_database;  ///< the same records as the role that owns the tables
    Installation installation;
    Secrets secrets;
    Server server;
    Bus bus;
    Fetch fetch;
    Scan scan;
    SignIn sign_in;
    FourEyes four_eyes;
    BreakGlass break_glass;
    Authority authority;
    Audit audit;
    auto operator<=>(const Configuration&) const = default;
};

/// What the program found around it; some defaults come from here.
struct Places {
    std::string data_folder;
    std::optional<std::string> credentials_directory;  ///< systemd's $CREDENTIALS_DIRECTORY
    std::string host;
};

/// One mistake in a configuration and how to mend it. Holds no value of a text setting.
struct Problem {
    std::string file;
    unsigned line = 0;  ///< from 1; 0: the mistake is not in the file's text
    unsigned column = 0;
    std::string key;  ///< such as sign_in.idle_limit; empty when the text cannot be read there
    std::string reason;
    std::string cure;
};

inline constexpr std::size_t kProblemsMax = 100;

/// "FILE:LINE:COLUMN: key: reason; cure", on one line.
std::string text_of(const Problem& problem);

/// A configuration file, judged whole.
struct Examined {
    Configuration configuration;  ///< to be used only when there are no problems
    /// Where the settings stand that the file gives; the others have their defaults.
    std::map<std::string, unsigned, std::less<>> lines;
    std::vector<Problem> problems;  ///< all of them, up to kProblemsMax, in the order of the file
};

/// Judges the text of the file at the absolute path `file`. Relative paths in it begin in the
/// file's folder.
Examined parse_configuration(std::string_view text, const std::string& file, const Places& places);
/// The same for a file; an Error only when it cannot be read.
Result<Examined> examine_file(const std::string& file, const Places& places);
/// For programs that need it sound: Errc::invalid_argument with all problems, one a line.
Result<Configuration> read_configuration(const std::string& file, const Places& places);

/// One setting in force.
struct ShownSetting {
    std::string key;  ///< such as audit.checkpoint_interval, or audit.witness[1].name
    std::variant<std::uint32_t, std::string> value;
    unsigned line = 0;  ///< where the file gives it; 0: its default
};

/// All settings in force in the order of the example. None is a secret.
std::vector<ShownSetting> settings_in_force(const Examined& examined);
/// The same as a configuration file that gives them all, with where each comes from.
std::string show(const Examined& examined);

/// A complete configuration file in which every setting stands as a comment with what it means.
std::string example();

}  // namespace cairn::config
