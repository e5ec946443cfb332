#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"

namespace cairn::http {

// NOLINTNEXTLINE(readability-identifier-naming) 'delete' alone is a keyword
enum class Method : std::uint8_t { get, head, post, put, patch, delete_ };

/// "DELETE"
std::string_view name_of(Method method);

/// Header fields (RFC 9110 section 5) in the order they came. Names compare without case.
class Fields {
public:
    /// The value of the only field of this name; nullopt when there is none, or more than one.
    std::optional<std::string_view> find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    void add(std::string_view name, std::string_view value);
    /// In place of all of this name.
    void set(std::string_view name, std::string_view value);

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// What a client asks, as it stands on the wire: nothing is decoded but the framing.
struct Request {
    Method method{};
    std::string path{};   ///< of the target, still percent-encoded; begins with '/'
    std::string query{};  ///< after '?', still percent-encoded
    Fields fields{};
    std::string body{};
    std::optional<Fd> file{};  ///< the body, where Admission::to_file asked for that; at its start
    std::string client{};      ///< network address
    /// What the client showed in the TLS handshake, DER, and holds the key of. Nothing else about
    /// it was checked.
    std::optional<ByteVector> certificate{};
    std::string id{};  ///< random, made here; answers carry it as X-Request-Id
};

struct Response {
    unsigned status = 200;
    Fields fields{};
    std::string body{};
    /// Sent in place of `body`, from its start.
    std::optional<Fd> file{};
};

}  // namespace cairn::http
