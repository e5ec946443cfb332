#include "value/host_name.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <idn2.h>
#include <libpsl.h>

#include "base/text.h"
#include "value/characters.h"

namespace cairn::value {
namespace {

constexpr std::size_t kNameBytesMax = 253;      // RFC 1035, section 2.3.4, without length octets
constexpr std::size_t kLocalPartBytesMax = 64;  // RFC 5321, section 4.5.3.1.1

/// Names that are no addresses end in a label that is not only digits (RFC 1123, section 2.1).
bool ends_like_an_address(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
    return std::ranges::all_of(last, is_digit);
}

bool has_host_characters_only(std::string_view name) {
    return std::ranges::all_of(name, [](char c) {
        return is_lower(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

}  // namespace

std::string a_label(std::string_view name) {
    std::string given(name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
    if (given.empty() || given.find('\0') != std::string::npos) return {};
    char* raw = nullptr;
    const int status = idn2_to_ascii_8z(given.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (status != IDN2_OK) return {};
    const std::unique_ptr<char, void (*)(void*)> label(raw, idn2_free);
    std::string ascii = lower_ascii(label.get());
    const bool sound = !ascii.empty() && ascii.size() <= kNameBytesMax &&
                       ascii.find("..") == std::string::npos && ascii.front() != '.' &&
                       has_host_characters_only(ascii) && !ends_like_an_address(ascii);
    return sound ? ascii : std::string();
}

std::string registrable_domain(const std::string& a_label) {
    // The list that is built into the library is the one of its Debian package; never freed.
    static const psl_ctx_t* const kList = psl_builtin();
    if (kList == nullptr) return {};
    const char* domain = psl_registrable_domain(kList, a_label.c_str());
    return domain == nullptr ? std::string() : std::string(domain);
}

Key domain_key(std::string_view text, std::string_view /*context*/) {
    std::string name = a_label(text);
    if (name.empty() || name.find('.') == std::string::npos) return flawed("not_a_domain");
    std::string registered = registrable_domain(name);
    if (registered.empty()) return flawed("public_suffix");
    Key key = keyed(std::move(name));
    if (registered != key.text) key.near = std::move(registered);
    return key;
}

Key email_key(std::string_view text, std::string_view /*context*/) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at > kLocalPartBytesMax) {
        return flawed("not_an_address");
    }
    const std::string_view local = text.substr(0, at);
    const std::string domain = a_label(text.substr(at + 1));
    const bool has_blank = std::ranges::any_of(local, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '@' || c == '<' || c == '>';
    });
    if (domain.empty() || has_blank) return flawed("not_an_address");
    Key key = keyed(fmt::format("{}@{}", local, domain));
    std::string folded = lower_ascii(local.substr(0, local.find('+')));
    std::erase(folded, '.');
    key.near = fmt::format("{}@{}", folded, domain);
    if (folded.empty() || key.near == key.text) key.near.clear();
    return key;
}

}  // namespace cairn::value
