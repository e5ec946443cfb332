#include "config/text_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include <arpa/inet.h>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/digest.h"

namespace cairn::config {
namespace {

constexpr std::size_t kPathBytesMax = 4095;  // PATH_MAX of Linux, less its NUL
constexpr std::size_t kAddressBytesMax = 2048;
constexpr std::size_t kNameBytesMax = 255;  // key names in signed notes, host names
constexpr std::size_t kLabelBytesMax = 100;

using Found = std::optional<Fault>;

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_word_character(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

bool is_visible_ascii(char c) {
    return c > ' ' && c < 0x7f;
}

/// Takes what stands before `separator` off `text`; all of it when there is none.
std::string_view take_until(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return part;
}

/// For every form: one line that shows as it is, so that what is printed can be read again.
Found check_any(std::string_view text, std::size_t bytes_max) {
    if (text.empty()) return Fault{"is empty", "write a value, or leave the setting out"};
    if (text.size() > bytes_max) {
        return Fault{fmt::format("is longer than {} bytes", bytes_max), "write a shorter value"};
    }
    if (printable(text) != text) {
        return Fault{"holds a backslash or a character that cannot be shown", "write it without"};
    }
    return std::nullopt;
}

/// The value of one percent-encoded byte, as it stands when it is none.
std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' ? hex_decode(text.substr(i + 1, 2)) : Result(ByteVector());
        if (byte && byte->size() == 1) {
            out.push_back(static_cast<char>(byte->front()));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

/// Reads a URL as libpq does: user information ends at the first @ before the first slash.
bool has_password(std::string_view url) {
    std::string_view rest = url.substr(url.find("://") + 3);
    const std::string_view authority = rest.substr(0, rest.find('/'));
    if (const auto at = authority.find('@'); at != authority.npos) {
        if (authority.substr(0, at).find(':') != authority.npos) return true;
    }
    take_until(rest, '?');
    while (!rest.empty()) {
        std::string_view parameter = take_until(rest, '&');
        const std::string name = lower_ascii(percent_decoded(take_until(parameter, '=')));
        if (name == "password" || name == "sslpassword") return true;
    }
    return false;
}

bool is_postgresql(std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

Found check_database(std::string_view text) {
    if (!is_postgresql(text)) {
        if (text.find("://") == text.npos) return check_any(text, kPathBytesMax);
        return Fault{
            "is an address of an unknown kind",
            "write the path of a file, or an address that begins with postgresql://"};
    }
    if (Found found = check_any(text, kAddressBytesMax)) return found;
    if (!std::ranges::all_of(text, is_visible_ascii)) {
        return Fault{"holds a blank or a letter beyond ASCII", "percent-encode it"};
    }
    if (has_password(text)) {
        return Fault{
            "holds a password, which does not belong into this file",
            "name a file of mode 0600 with the parameter passfile=, or sign in by the socket"};
    }
    return std::nullopt;
}

bool is_host_label(std::string_view label) {
    constexpr std::size_t kLabelMax = 63;  // RFC 1035, 2.3.4
    const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '-'; };
    return !label.empty() && label.size() <= kLabelMax && label.front() != '-' &&
           label.back() != '-' && std::ranges::all_of(label, allowed);
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.ends_with('.')) return false;
    while (!host.empty()) {
        if (!is_host_label(take_until(host, '.'))) return false;
    }
    return true;
}

Found check_host_like_name(std::string_view text) {
    if (Found found = check_any(text, kNameBytesMax)) return found;
    const Fault fault{
        "is not like the name of a host",
        "write small letters, digits, hyphens and dots, such as cairn.example.org"};
    std::string_view rest = text;
    if (text.ends_with('/') || !is_host_name(take_until(rest, '/'))) return fault;
    while (!rest.empty()) {
        const std::string_view part = take_until(rest, '/');
        const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; };
        if (part.empty() || !std::ranges::all_of(part, allowed)) return fault;
    }
    return std::nullopt;
}

Found check_identifier(std::string_view text) {
    if (Found found = check_any(text, kNameBytesMax)) return found;
    if (std::ranges::all_of(text, is_visible_ascii)) return std::nullopt;
    return Fault{"holds a blank or a letter beyond ASCII", "write it as the provider gave it"};
}

Found check_file_name(std::string_view text) {
    if (Found found = check_any(text, kNameBytesMax)) return found;
    const bool plain = text.front() != '.' && std::ranges::all_of(text, is_word_character);
    if (plain) return std::nullopt;
    return Fault{
        "is not the plain name of a file",
        "put the file into the folder of the secrets and write its name: letters, digits, . _ -"};
}

/// The key id of a signed note (C2SP signed-note): it covers name, type and key.
bool id_agrees(std::string_view name, Bytes typed_key, Bytes id) {
    crypto::Sha256Stream stream;
    stream.update(as_bytes(name));
    stream.update(as_bytes("\n"));
    stream.update(typed_key);
    const crypto::Sha256 digest = stream.finish();
    return std::ranges::equal(id, Bytes(digest).first(id.size()));
}

Found check_witness_key(std::string_view text) {
    constexpr std::size_t kIdBytes = 4;
    constexpr std::size_t kTypedKeyBytes = 33;
    constexpr std::uint8_t kCosignatureType = 0x04;  // C2SP tlog-cosignature
    if (Found found = check_any(text, 2 * kNameBytesMax)) return found;
    std::string_view rest = text;
    const std::string_view name = take_until(rest, '+');
    const auto id = hex_decode(take_until(rest, '+'));
    const auto typed_key = crypto::base64_decode(rest);
    const std::string cure = "copy the line that the witness publishes: name+id+key";
    const bool shaped = !name.empty() && name.find(' ') == name.npos && id &&
                        id->size() == kIdBytes && typed_key && !typed_key->empty();
    if (!shaped) return Fault{"is no verifier key", cure};
    if (typed_key->front() != kCosignatureType || typed_key->size() != kTypedKeyBytes) {
        return Fault{"is not the key of a witness (type 4, cosignature/v1)", cure};
    }
    if (!id_agrees(name, *typed_key, *id)) {
        return Fault{"has an id that does not belong to its name and key", cure};
    }
    return std::nullopt;
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    return error == std::errc() && stop == end && port >= 1 && port <= 65535;
}

/// The host of "host:port", or nothing when there is none or the port is wrong.
std::string_view host_of(std::string_view authority) {
    const bool bracketed = authority.starts_with('[');
    const auto colon = bracketed ? authority.find("]:") : authority.find(':');
    if (colon == authority.npos) return authority;
    const auto host_end = bracketed ? colon + 1 : colon;
    return is_port(authority.substr(host_end + 1)) ? authority.substr(0, host_end) : "";
}

bool is_ip6_in_brackets(std::string_view host) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
    };
    return host.size() > 4 && host.front() == '[' && host.back() == ']' &&
           std::ranges::all_of(host.substr(1, host.size() - 2), allowed);
}

Found check_address(std::string_view text, TextForm form) {
    if (Found found = check_any(text, kAddressBytesMax)) return found;
    const bool plain = text.starts_with("http://");
    if (!plain && !text.starts_with("https://")) {
        return Fault{"is no https address", "begin it with https://"};
    }
    const std::string_view rest = text.substr(plain ? 7 : 8);
    const std::string_view host = host_of(rest.substr(0, rest.find_first_of("/?#")));
    if (!std::ranges::all_of(text, is_visible_ascii) ||
        !(is_host_name(host) || is_ip6_in_brackets(host))) {
        return Fault{"names no host", "write it like https://sign-in.example.org/path"};
    }
    constexpr std::array<std::string_view, 3> kThisMachine = {"localhost", "127.0.0.1", "[::1]"};
    const bool here = std::ranges::find(kThisMachine, host) != kThisMachine.end();
    if (plain && (form == TextForm::https_address || !here)) {
        return Fault{"is not encrypted", "begin it with https://"};
    }
    const bool tail = text.find('#') != text.npos ||
                      (form == TextForm::https_address && text.find('?') != text.npos);
    if (tail) return Fault{"has a part behind ? or #", "leave that part out"};
    return std::nullopt;
}

Found check_network_address(std::string_view text) {
    in6_addr address{};
    const std::string copy(text);
    const bool is_one = ::inet_pton(AF_INET, copy.c_str(), &address) == 1 ||
                        ::inet_pton(AF_INET6, copy.c_str(), &address) == 1;
    if (is_one) return std::nullopt;
    return Fault{"is no network address", "write one such as 192.0.2.1, 0.0.0.0 or ::"};
}

Found check_tls_version(std::string_view text) {
    if (text == "1.2" || text == "1.3") return std::nullopt;
    return Fault{"is no version of TLS that is spoken", "write \"1.3\" or \"1.2\""};
}

Found check_nats_address(std::string_view text) {
    if (Found found = check_any(text, kAddressBytesMax)) return found;
    std::string_view rest = text;
    while (!rest.empty()) {
        std::string_view one = take_until(rest, ',');
        const bool known = one.starts_with("nats://") || one.starts_with("tls://");
        const std::string_view authority = one.substr(one.find("//") + 2);
        const std::string_view host = known ? host_of(authority) : "";
        if (!is_host_name(host) && !is_ip6_in_brackets(host)) {
            return Fault{
                "is no address of a NATS server without login",
                "write it like tls://nats.example.org:4222; several with commas"};
        }
    }
    return std::nullopt;
}

Found check_host_name(std::string_view text) {
    if (Found found = check_any(text, kNameBytesMax)) return found;
    if (is_host_name(text)) return std::nullopt;
    return Fault{"is no name of a host", "write it in small letters, such as sign-in.example.org"};
}

Found check_text(TextForm form, std::string_view text) {
    switch (form) {
        case TextForm::path:
            return check_any(text, kPathBytesMax);
        case TextForm::database:
            return check_database(text);
        case TextForm::host_like_name:
            return check_host_like_name(text);
        case TextForm::label:
            return check_any(text, kLabelBytesMax);
        case TextForm::identifier:
            return check_identifier(text);
        case TextForm::file_name:
            return check_file_name(text);
        case TextForm::witness_key:
            return check_witness_key(text);
        case TextForm::https_address:
        case TextForm::redirect_address:
            return check_address(text, form);
        case TextForm::network_address:
            return check_network_address(text);
        case TextForm::tls_version:
            return check_tls_version(text);
        case TextForm::nats_address:
            return check_nats_address(text);
        case TextForm::host_name:
            return check_host_name(text);
    }
    return std::nullopt;
}

std::string absolute(std::string_view path, const std::string& folder) {
    std::string out = (std::filesystem::path(folder) / path).lexically_normal().string();
    while (out.size() > 1 && out.back() == '/') out.pop_back();
    return out;
}

}  // namespace

std::variant<std::string, Fault> form_text(
    TextForm form, std::string_view text, const std::string& folder
) {
    if (Found fault = check_text(form, text)) return *std::move(fault);
    const bool is_path =
        form == TextForm::path || (form == TextForm::database && !is_postgresql(text));
    return is_path ? absolute(text, folder) : std::string(text);
}

}  // namespace cairn::config
