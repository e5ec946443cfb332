#include "jobs/scan_request.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/hex.h"

namespace cairn::jobs {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPathBytesMax = 4096;
constexpr std::size_t kListsMax = 100;
constexpr std::size_t kPatternsMax = 1000;
constexpr std::size_t kPatternBytesMax = 4096;

/// Names of files need not be UTF-8, which JSON is: they stand in hex.
std::string hex_of(const std::string& text) {
    return hex_encode(as_bytes(text));
}

Result<std::string> text_of(const Json& value) {
    const auto* hex = value.is_string() ? value.get_ptr<const std::string*>() : nullptr;
    if (hex == nullptr) return fail(Errc::corrupt_data, "a stored scan request is no request");
    const ByteVector bytes = CAIRN_TRY(hex_decode(*hex));
    return std::string(as_text(bytes));
}

Result<std::vector<std::string>> texts_of(const Json& values) {
    std::vector<std::string> texts;
    for (const Json& value : values) {
        auto text = CAIRN_TRY(text_of(value));
        texts.push_back(std::move(text));
    }
    return texts;
}

Json hex_of_all(const std::vector<std::string>& texts) {
    Json all = Json::array();
    for (const std::string& text : texts) all.push_back(hex_of(text));
    return all;
}

}  // namespace

Status check_request(const ScanRequest& request) {
    if (request.path.size() > kPathBytesMax) {
        return fail(Errc::limit_exceeded, "the path has more than {} bytes", kPathBytesMax);
    }
    if (request.lists.size() > kListsMax) {
        return fail(Errc::limit_exceeded, "more than {} lists are named", kListsMax);
    }
    const bool too_long = std::ranges::any_of(request.exclude, [](const std::string& pattern) {
        return pattern.size() > kPatternBytesMax;
    });
    if (request.exclude.size() > kPatternsMax || too_long) {
        return fail(
            Errc::limit_exceeded,
            "at most {} patterns of {} bytes can be left out",
            kPatternsMax,
            kPatternBytesMax
        );
    }
    return ok();
}

std::string encode_request(const ScanRequest& request) {
    Json out;
    out["root"] = hex_of(request.root);
    out["path"] = hex_of(request.path);
    out["lists"] = hex_of_all(request.lists);
    out["exclude"] = hex_of_all(request.exclude);
    out["variants"] = hex_of(std::string(fingerprint::name_of(request.variants)));
    return out.dump();
}

Result<ScanRequest> decode_request(std::string_view text) {
    const Json in = Json::parse(text, nullptr, false);
    const bool is_whole = in.is_object() && in.contains("root") && in.contains("path") &&
                          in.contains("lists") && in.contains("exclude") && in.contains("variants");
    if (!is_whole) return fail(Errc::corrupt_data, "a stored scan request is no request");
    ScanRequest request;
    request.root = CAIRN_TRY(text_of(in["root"]));
    request.path = CAIRN_TRY(text_of(in["path"]));
    request.lists = CAIRN_TRY(texts_of(in["lists"]));
    request.exclude = CAIRN_TRY(texts_of(in["exclude"]));
    const std::string name = CAIRN_TRY(text_of(in["variants"]));
    const auto variants = fingerprint::query_set_from(name);
    if (!variants) return fail(Errc::corrupt_data, "a stored scan request has unknown variants");
    request.variants = *variants;
    return request;
}

}  // namespace cairn::jobs
