#include "cli/command.h"

#include <filesystem>

#include "audit/signing_key_file.h"
#include "base/text.h"

namespace cairn::cli {

void add_case_option(CLI::App& command, Context& context) {
    command.add_option("--case", context.case_folder, "Case folder (all state of its scans)")
        ->type_name("DIR")
        ->default_str(context.environment.data_home + "/case");
}

void add_list_options(CLI::App& command, Context& context) {
    command.add_option("--lists", context.lists_folder, "Folder of the hash lists")
        ->type_name("DIR")
        ->default_str(context.environment.data_home + "/lists");
    command
        .add_option(
            "--list-key",
            context.key_file,
            "Key of the hash lists, made at first use; keep it apart from them"
        )
        ->type_name("FILE")
        ->default_str(context.environment.config_home + "/list.key");
}

CLI::Option* add_list_names(CLI::App& command, std::vector<std::string>& names) {
    return command.add_option("--list", names, "Hash list to compare with (repeatable)")
        ->type_name("NAME")
        ->allow_extra_args(false);
}

void add_variants_option(CLI::App& command, std::string& query_set) {
    query_set = name_of(fingerprint::QuerySet::wide);
    command
        .add_option(
            "--variants",
            query_set,
            "Ask for each picture as it is, also turned, or also turned, padded and cropped"
        )
        ->check(CLI::IsMember({"upright", "turns", "wide"}))
        ->capture_default_str();
}

CLI::Option* add_scan_number(
    CLI::App& command, const std::string& name, std::int64_t& number, const std::string& text
) {
    const auto check = [](const std::string& word) -> std::string {
        std::int64_t value = 0;
        if (CLI::detail::lexical_cast(word, value) && value > 0) return {};
        return fmt::format("\"{}\" is no scan number; `cairn scan list` shows them", word);
    };
    return command.add_option(name, number, text)
        ->type_name("ID")
        ->check(CLI::Validator(check, ""));
}

namespace {

/// Makes a private folder and those above it.
Status make_folders(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Errc::io, "{}: {}", folder, error.message());
    return ok();
}

std::string or_default(const std::string& given, const std::string& usual) {
    return given.empty() ? usual : given;
}

}  // namespace

std::string absolute_path(const Context& context, const std::string& path) {
    const std::filesystem::path joined =
        std::filesystem::path(context.environment.working_directory) / path;
    std::string text = joined.lexically_normal().string();
    while (text.size() > 1 && text.back() == '/') text.pop_back();
    return text;
}

std::string lists_folder(const Context& context) {
    return or_default(context.lists_folder, context.environment.data_home + "/lists");
}

std::string list_key_file(const Context& context) {
    return or_default(context.key_file, context.environment.config_home + "/list.key");
}

std::string case_folder(const Context& context) {
    return absolute_path(
        context, or_default(context.case_folder, context.environment.data_home + "/case")
    );
}

Result<crypto::SecretKey> open_list_key(const Context& context) {
    const Environment& environment = context.environment;
    const std::string folder = lists_folder(context);
    const std::string key_file = list_key_file(context);
    CAIRN_TRY(make_folders(folder));
    CAIRN_TRY(make_folders(std::filesystem::path(absolute_path(context, key_file)).parent_path()));
    std::error_code ignored;
    const bool lists_exist = std::filesystem::exists(folder + "/lists.db", ignored);
    const bool key_exists =
        environment.credentials_directory.has_value() || std::filesystem::exists(key_file, ignored);
    if (lists_exist && !key_exists) {
        return fail(
            Errc::not_found,
            "{}: missing, but the lists in {} were made with it; restore it or name it with "
            "--list-key",
            key_file,
            folder
        );
    }
    return hashlist::open_list_key(environment.credentials_directory, key_file);
}

Result<std::unique_ptr<hashlist::ListStore>> open_lists(const Context& context) {
    const auto key = CAIRN_TRY(open_list_key(context));
    return hashlist::ListStore::open(lists_folder(context), key);
}

Result<std::vector<scan::OpenList>> load_lists(
    const Context& context, const std::vector<std::string>& names
) {
    auto store = CAIRN_TRY(open_lists(context));
    std::vector<scan::OpenList> lists;
    for (const std::string& name : names) {
        scan::OpenList list = CAIRN_TRY(store->load_version(name, std::nullopt));
        lists.push_back(std::move(list));
    }
    return lists;
}

std::string audit_key_file(const Context& context) {
    return context.environment.config_home + "/audit.key";
}

namespace {

/// This user's key for the logs of cases, made with the first one. Its name is the log's.
Result<audit::NamedKey> open_audit_key(const Context& context) {
    const std::string file = audit_key_file(context);
    auto key = audit::read_signing_key_file(file);
    if (key || key.error().code != Errc::not_found) return key;
    CAIRN_TRY(make_folders(context.environment.config_home));
    const std::string name = lower_ascii(context.environment.host) + "/cases";
    const bool usable = audit::check_key_name(name).has_value();
    auto made = audit::create_signing_key_file(
        file, usable ? name : "localhost/cases", audit::SignatureType::ed25519
    );
    // Another program was faster.
    if (!made && made.error().code == Errc::conflict) return audit::read_signing_key_file(file);
    return made;
}

}  // namespace

Result<std::unique_ptr<scan::ScanStore>> open_case(
    const Context& context, scan::ScanStore::Mode mode
) {
    if (mode == scan::ScanStore::Mode::create && context.case_folder.empty()) {
        CAIRN_TRY(make_folders(context.environment.data_home));
    }
    auto store = CAIRN_TRY(scan::ScanStore::open(case_folder(context), mode));
    const auto key = CAIRN_TRY(open_audit_key(context));
    CAIRN_TRY(store->keep_log(key, context.environment.account));
    return store;
}

Result<std::unique_ptr<fingerprint::PictureReader>> open_pictures(
    const Context& context, fingerprint::PictureReader::Options options
) {
    options.decoder_program = context.environment.program_folder + "/cairn-decoder";
    return fingerprint::PictureReader::create(std::move(options));
}

Result<std::unique_ptr<evidence::ArchiveReader>> open_archives(
    const Context& context, std::vector<std::string> passwords
) {
    evidence::ArchiveReader::Options options;
    options.reader_program = context.environment.program_folder + "/cairn-reader";
    options.passwords = std::move(passwords);
    return evidence::ArchiveReader::create(std::move(options));
}

}  // namespace cairn::cli
