#include "http/static_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "http/accept.h"
#include "http/compression.h"
#include "http/query.h"

namespace cairn::http {
namespace {

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kNonceMark = "{{nonce}}";
constexpr std::size_t kNonceBytes = 16;
/// Of the digest; enough to tell versions of a file apart.
constexpr std::size_t kTagBytes = 16;
/// Vite names files of its assets folder "name-DIGEST.js", eight characters of base64url.
constexpr std::string_view kHashedFolder = "assets/";
constexpr std::size_t kHashedDigits = 8;

struct Type {
    std::string_view suffix;
    std::string_view name;
    bool is_text;
};
constexpr std::array<Type, 15> kTypes = {{
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".json", "application/json", true},
    {".map", "application/json", true},
    {".webmanifest", "application/manifest+json", true},
    {".svg", "image/svg+xml", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".wasm", "application/wasm", true},
    {".png", "image/png", false},
    {".jpg", "image/jpeg", false},
    {".webp", "image/webp", false},
    {".ico", "image/vnd.microsoft.icon", false},
    {".woff2", "font/woff2", false},
}};
constexpr Type kUnknown = {"", "application/octet-stream", false};

const Type& type_of(std::string_view name) {
    const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& type) {
        return name.ends_with(type.suffix);
    });
    return found != kTypes.end() ? *found : kUnknown;
}

bool is_hashed(std::string_view path) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (!path.starts_with(kHashedFolder)) return false;
    const std::string_view stem = path.substr(0, path.rfind('.'));
    if (stem.size() <= kHashedFolder.size() + kHashedDigits + 1) return false;
    const std::string_view digest = stem.substr(stem.size() - kHashedDigits);
    return stem[stem.size() - kHashedDigits - 1] == '-' &&
           digest.find_first_not_of(kDigits) == std::string_view::npos;
}

/// Whether If-None-Match has `tag` (RFC 9110 section 13.1.2), which is in quotes.
bool has_tag(std::string_view field, std::string_view tag) {
    while (!field.empty()) {
        const std::size_t end = std::min(field.find(','), field.size());
        std::string_view one = field.substr(0, end);
        field.remove_prefix(std::min(end + 1, field.size()));
        one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
        one = one.substr(0, one.find_last_not_of(" \t") + 1);
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == tag || one == "*") return true;
    }
    return false;
}

void add_guards(Fields& fields) {
    fields.add("X-Content-Type-Options", "nosniff");
    fields.add("Referrer-Policy", "no-referrer");
    fields.add("Cross-Origin-Opener-Policy", "same-origin");
    fields.add("Cross-Origin-Resource-Policy", "same-origin");
}

/// A file that is opened by itself, such as a picture with scripts in it, may do nothing.
constexpr std::string_view kPolicyOfFiles =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

std::string policy_of_index(std::string_view nonce) {
    return fmt::format(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'",
        nonce
    );
}

/// Of the files below `folder`; no links, nothing hidden.
Result<std::vector<std::string>> names_below(const std::string& folder) {
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    std::error_code error;
    fs::recursive_directory_iterator at(folder, error);
    for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
        const bool is_hidden = at->path().filename().native().starts_with('.');
        const fs::file_type type = at->symlink_status(error).type();
        if (is_hidden && type == fs::file_type::directory) at.disable_recursion_pending();
        if (is_hidden || type != fs::file_type::regular) continue;
        names.push_back(at->path().lexically_relative(folder).generic_string());
        if (names.size() > kStaticFilesMax) {
            return fail(
                Errc::limit_exceeded, "{}: over {} files", printable(folder), kStaticFilesMax
            );
        }
    }
    if (!error) return names;
    return fail(Errc::io, "{}: {}", printable(folder), error.message());
}

}  // namespace

Result<StaticFiles> StaticFiles::load(const std::string& folder) {
    const std::vector<std::string> names = CAIRN_TRY(names_below(folder));
    StaticFiles loaded;
    std::size_t total = 0;
    for (const std::string& name : names) {
        const std::string path = fmt::format("{}/{}", folder, name);
        File file = CAIRN_TRY(read(path, name));
        total += file.content.size();
        if (total > kStaticBytesMax) {
            const std::string limit = human_bytes(kStaticBytesMax);
            return fail(Errc::limit_exceeded, "{}: over {}", printable(folder), limit);
        }
        loaded.files_.emplace(name, std::move(file));
    }
    if (loaded.files_.find(kIndex) == loaded.files_.end()) {
        return fail(
            Errc::not_found,
            "{}: no index.html there: name the folder that the web application was built into",
            printable(folder)
        );
    }
    return loaded;
}

Result<StaticFiles::File> StaticFiles::read(const std::string& path, const std::string& name) {
    const Fd opened(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    if (!opened || ::fstat(opened.get(), &about) != 0) {
        return fail(Errc::io, "{}: {}", printable(path), errno_text(errno));
    }
    if (!S_ISREG(about.st_mode) || static_cast<std::size_t>(about.st_size) > kStaticBytesMax) {
        return fail(Errc::limit_exceeded, "{}: no file, or too large", printable(path));
    }
    ByteVector bytes(static_cast<std::size_t>(about.st_size));
    const std::size_t count = CAIRN_TRY(read_at(opened.get(), 0, bytes));
    bytes.resize(count);

    File file;
    file.content = as_text(bytes);
    const Type& type = type_of(name);
    file.type = type.name;
    file.is_immutable = is_hashed(name);
    file.tag = hex_encode(Bytes(crypto::sha256(bytes)).first(kTagBytes));
    if (type.is_text && name != kIndex) {
        file.gzip = gzip(file.content);
        file.brotli = brotli(file.content);
        if (file.gzip.size() >= file.content.size()) file.gzip.clear();
        if (file.brotli.size() >= file.content.size()) file.brotli.clear();
    }
    return file;
}

std::optional<Response> StaticFiles::answer(const Request& request) const {
    if (request.method != Method::get && request.method != Method::head) return std::nullopt;
    const auto segments = path_segments(request.path);
    if (!segments) return std::nullopt;
    std::string path;
    for (const std::string& segment : *segments) {
        // A '/' within a segment is none between two.
        if (segment.find('/') != segment.npos) return std::nullopt;
        if (!path.empty()) path += '/';
        path += segment;
    }
    const auto found = files_.find(path);
    if (found != files_.end() && path != kIndex) return file_answer(found->second, request);
    if (path != kIndex && segments->back().find('.') != std::string::npos) return std::nullopt;
    return index_answer();
}

Response StaticFiles::file_answer(const File& file, const Request& request) {
    std::string accepted;
    for (const auto& [name, value] : request.fields) {
        if (lower_ascii(name) == "accept-encoding") accepted += value + ',';
    }
    const int by_brotli = file.brotli.empty() ? 0 : quality_of(accepted, "br");
    const int by_gzip = file.gzip.empty() ? 0 : quality_of(accepted, "gzip");
    const bool is_plain = by_brotli == 0 && by_gzip == 0;
    const std::string_view coding = is_plain ? "" : by_brotli >= by_gzip ? "br" : "gzip";

    Response response;
    const std::string tag = '"' + file.tag + (is_plain ? "" : "-") + std::string(coding) + '"';
    response.fields.add("ETag", tag);
    response.fields.add("Vary", "Accept-Encoding");
    response.fields.add(
        "Cache-Control", file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache"
    );
    add_guards(response.fields);
    if (has_tag(request.fields.find("If-None-Match").value_or(""), tag)) {
        response.status = 304;
        return response;
    }
    response.fields.add("Content-Type", file.type);
    response.fields.add("Content-Security-Policy", kPolicyOfFiles);
    if (!is_plain) response.fields.add("Content-Encoding", coding);
    response.body = is_plain ? file.content : coding == "br" ? file.brotli : file.gzip;
    return response;
}

Response StaticFiles::index_answer() const {
    std::array<std::uint8_t, kNonceBytes> bytes{};
    crypto::random_bytes(bytes);
    const std::string nonce = crypto::base64_encode(bytes);
    Response response;
    response.body = files_.find(kIndex)->second.content;
    for (std::size_t at = response.body.find(kNonceMark); at != std::string::npos;
         at = response.body.find(kNonceMark, at + nonce.size())) {
        response.body.replace(at, kNonceMark.size(), nonce);
    }
    response.fields.add("Content-Type", type_of(kIndex).name);
    response.fields.add("Cache-Control", "no-cache");
    response.fields.add("Content-Security-Policy", policy_of_index(nonce));
    add_guards(response.fields);
    return response;
}

}  // namespace cairn::http
