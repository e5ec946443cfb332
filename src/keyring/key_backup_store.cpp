#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/hex.h"
#include "keyring/key_backup.h"

namespace cairn::keyring {
namespace {

// One line each: what it is, when it was made (microseconds since 1970), "key ID PARENT WRAPPED"
// in hex ('-' for no parent), the number of keys.
constexpr std::string_view kTitle = "cairn wrapped keys 1";
constexpr std::size_t kFileBytesMax = std::size_t{1} << 30U;

struct WrappedKey {
    ByteVector id;
    std::optional<ByteVector> parent;
    ByteVector wrapped;
};

struct KeyFile {
    UtcTime made{};
    std::vector<WrappedKey> keys;
};

Error no_key_file(const std::string& file) {
    return fail(Errc::invalid_argument, "{}: is no file that `cairn db backup --keys` made", file);
}

/// Takes lines off the front.
class Lines {
public:
    explicit Lines(std::string_view rest) : rest_(rest) {}

    bool at_end() const { return rest_.empty(); }
    /// Nothing when there is no whole line any more.
    std::optional<std::string_view> next() {
        const std::size_t end = rest_.find('\n');
        if (end == rest_.npos) return std::nullopt;
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return line;
    }

private:
    std::string_view rest_;
};

template <typename Number>
std::optional<Number> number_after(std::string_view line, std::string_view word) {
    if (!line.starts_with(word)) return std::nullopt;
    line.remove_prefix(word.size());
    Number number = 0;
    const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (failed != std::errc() || end != line.data() + line.size()) return std::nullopt;
    return number;
}

Result<WrappedKey> parse_key(std::string_view line) {
    WrappedKey key;
    line.remove_prefix(std::string_view("key ").size());
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    if (first == line.npos || second == line.npos) {
        return fail(Errc::corrupt_data, "short line");
    }
    key.id = CAIRN_TRY(hex_decode(line.substr(0, first)));
    const std::string_view parent = line.substr(first + 1, second - first - 1);
    if (parent != "-") key.parent = CAIRN_TRY(hex_decode(parent));
    key.wrapped = CAIRN_TRY(hex_decode(line.substr(second + 1)));
    return key;
}

Result<KeyFile> parse(const std::string& file, std::string_view text) {
    Lines lines(text);
    if (lines.next() != kTitle) return no_key_file(file);
    const auto made = number_after<std::int64_t>(lines.next().value_or(""), "made ");
    if (!made) return no_key_file(file);
    KeyFile parsed;
    parsed.made = utc_from_microseconds(*made);
    for (auto line = lines.next(); line; line = lines.next()) {
        const auto count = number_after<std::size_t>(*line, "end ");
        if (count == parsed.keys.size() && lines.at_end()) return parsed;
        if (!line->starts_with("key ")) break;
        auto key = parse_key(*line);
        if (!key) break;
        parsed.keys.push_back(*std::move(key));
    }
    return fail(Errc::corrupt_data, "{}: damaged; take another copy of it", file);
}

Status insert_keys(db::Database& records, const std::vector<WrappedKey>& keys) {
    auto any = CAIRN_TRY(records.prepare("SELECT 1 FROM wrapped_key LIMIT 1"));
    const bool has_keys = CAIRN_TRY(any.step());
    if (has_keys) return fail(Errc::conflict, "the records have keys already; nothing was changed");
    auto insert =
        CAIRN_TRY(records.prepare("INSERT INTO wrapped_key (id, parent, wrapped) VALUES (?, ?, ?)")
        );
    for (const WrappedKey& key : keys) {
        insert.bind(1, Bytes(key.id)).bind(3, Bytes(key.wrapped));
        if (key.parent) {
            insert.bind(2, Bytes(*key.parent));
        } else {
            insert.bind_null(2);
        }
        CAIRN_TRY(insert.run());
    }
    return ok();
}

}  // namespace

Result<std::size_t> back_up_keys(db::Database& records, const std::string& file, UtcTime now) {
    std::string text = fmt::format("{}\nmade {}\n", kTitle, microseconds_of(now));
    std::size_t count = 0;
    auto query =
        CAIRN_TRY(records.prepare_paged("SELECT id, parent, wrapped FROM wrapped_key ORDER BY id"));
    while (CAIRN_TRY(query.step())) {
        const std::string parent = query.is_null(1) ? "-" : hex_encode(query.bytes(1));
        text += fmt::format(
            "key {} {} {}\n", hex_encode(query.bytes(0)), parent, hex_encode(query.bytes(2))
        );
        ++count;
    }
    text += fmt::format("end {}\n", count);
    AtomicFile out = CAIRN_TRY(AtomicFile::create(file, 0600));
    CAIRN_TRY(out.write(as_bytes(text)));
    CAIRN_TRY(out.commit_new());
    return count;
}

Result<std::size_t> restore_keys(db::Database& records, const std::string& file, UtcTime now) {
    const auto bytes = CAIRN_TRY(read_file(file, kFileBytesMax));
    const KeyFile parsed = CAIRN_TRY(parse(file, as_text(bytes)));
    if (now - parsed.made > kKeyBackupLife) {
        return fail(
            Errc::limit_exceeded,
            "{}: made {}, over {} days ago: keys that were destroyed since would come back; take "
            "a newer one",
            file,
            format_utc(parsed.made),
            kKeyBackupLife.count()
        );
    }
    CAIRN_TRY(records.transaction([&] { return insert_keys(records, parsed.keys); }));
    return parsed.keys.size();
}

}  // namespace cairn::keyring
