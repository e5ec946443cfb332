#include "network/source_import.h"

#include <algorithm>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "network/limits.h"
#include "network/location_check.h"
#include "network/location_database.h"
#include "network/mmdb_database.h"

namespace cairn::network {
namespace {

constexpr std::size_t kDayLetters = 10;  // "2026-11-22"
constexpr unsigned kOwnerOnly = 0600;

bool is_list(SourceKind kind) {
    return kind == SourceKind::networks || kind == SourceKind::ranges;
}

bool is_name(std::string_view text) {
    const bool letters = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
    return letters && !text.empty() && text.size() <= kNameBytesMax;
}

Status check_options(const ImportOptions& options) {
    if (!is_name(options.name)) {
        return fail(
            Errc::invalid_argument,
            "\"{}\" is no name for a source; take up to {} letters, digits, '-', '_' and '.'",
            printable(options.name),
            kNameBytesMax
        );
    }
    if (options.files.empty()) return fail(Errc::invalid_argument, "no file is named");
    if (options.licence.size() > kLicenceBytesMax || options.version.size() > kNameBytesMax) {
        return fail(
            Errc::limit_exceeded,
            "a version has at most {} bytes, a licence {}",
            kNameBytesMax,
            kLicenceBytesMax
        );
    }
    if (!is_utf8(options.licence) || !is_utf8(options.version)) {
        return fail(Errc::invalid_argument, "version and licence must be UTF-8");
    }
    if (!is_list(options.kind) && options.files.size() > 1) {
        return fail(
            Errc::invalid_argument, "a database is one file; import others under own names"
        );
    }
    if (options.kind != SourceKind::networks && !options.classes.empty()) {
        return fail(Errc::invalid_argument, "a class goes with a list of networks alone");
    }
    if (options.kind != SourceKind::ranges && !options.columns.empty()) {
        return fail(Errc::invalid_argument, "columns go with a table of ranges alone");
    }
    return ok();
}

/// What a source was read into.
struct Content {
    ByteVector bytes;
    DatabaseLabel label;
    std::optional<UtcTime> made_at;
    crypto::Sha256 given_sha256{};
};

Result<Content> read_lists(const ImportOptions& options) {
    Content content;
    crypto::Sha256Stream digest;
    RangeTableBuilder builder;
    std::size_t room = kTextBytesMax;
    for (const std::string& path : options.files) {
        const ByteVector bytes = CAIRN_TRY(read_file(path, room));
        room -= bytes.size();
        digest.update(bytes);
        const std::string_view text = as_text(bytes);
        auto read = options.kind == SourceKind::networks
                        ? read_networks(text, options.classes, builder)
                        : read_ranges(text, options.columns, builder);
        if (!read) return std::move(read).error().with_context(path);
        // Of several parts the oldest counts.
        const auto made_at = generated_at(text);
        if (made_at) content.made_at = std::min(content.made_at.value_or(*made_at), *made_at);
    }
    content.label.ranges = builder.lines();
    auto table = builder.build();
    if (!table) return std::move(table).error().with_context(options.files.front());
    content.bytes = table->encode();
    content.label.coverage = table->coverage();
    content.given_sha256 = digest.finish();
    return content;
}

Result<Content> read_database(const ImportOptions& options) {
    Content content;
    const std::string& path = options.files.front();
    content.bytes = CAIRN_TRY(read_file(path, kDatabaseBytesMax));
    content.given_sha256 = crypto::sha256(content.bytes);
    if (options.kind == SourceKind::mmdb) return content;
    auto ranges = check_location_file(content.bytes);
    if (!ranges) return std::move(ranges).error().with_context(path);
    content.label.ranges = *ranges;
    return content;
}

/// What the copy of a database says of itself, once its library has read it.
Status take_label(const ImportOptions& options, int fd, Content& content) {
    if (options.kind == SourceKind::mmdb) {
        const auto database = CAIRN_TRY(MmdbDatabase::open(fd));
        content.label = CAIRN_TRY(database->examine());
    } else {
        const auto database = CAIRN_TRY(LocationDatabase::open(fd));
        const std::uint64_t ranges = content.label.ranges;
        content.label = CAIRN_TRY(database->label());
        content.label.ranges = ranges;
    }
    const Coverage& covered = content.label.coverage;
    if (!covered.countries && !covered.systems && !covered.connections) {
        return fail(
            Errc::invalid_argument, "tells no country, no autonomous system and no connection"
        );
    }
    content.made_at = content.label.made_at;
    return ok();
}

}  // namespace

Result<PreparedSource> prepare_source(const ImportOptions& options, const std::string& folder) {
    CAIRN_TRY(check_options(options));
    Content content =
        CAIRN_TRY(is_list(options.kind) ? read_lists(options) : read_database(options));
    SourceVersion version;
    version.file_sha256 = hex_encode(crypto::sha256(content.bytes));
    // The digest is the name: equal content is kept once.
    version.file_name = version.file_sha256 + ".source";
    auto file = CAIRN_TRY(AtomicFile::create(folder + "/" + version.file_name, kOwnerOnly));
    CAIRN_TRY(file.write(content.bytes));
    if (!is_list(options.kind)) {
        auto labelled = take_label(options, file.fd(), content);
        if (!labelled) return std::move(labelled).error().with_context(options.files.front());
    }
    const auto valid_from = options.valid_from ? options.valid_from : content.made_at;
    if (!valid_from) {
        return fail(
            Errc::invalid_argument,
            "{}: does not say when it was made; say from when on it is valid",
            options.files.front()
        );
    }
    version.name = options.name;
    version.kind = options.kind;
    version.valid_from = *valid_from;
    version.version =
        options.version.empty() ? format_utc(*valid_from).substr(0, kDayLetters) : options.version;
    version.licence = options.licence.empty() ? content.label.licence : options.licence;
    version.sha256 = hex_encode(content.given_sha256);
    version.installed = options.installed;
    version.coverage = content.label.coverage;
    version.ranges = content.label.ranges;
    return PreparedSource{std::move(version), std::move(file)};
}

}  // namespace cairn::network
