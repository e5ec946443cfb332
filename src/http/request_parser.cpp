#include "http/request_parser.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>  // Asio 1.74 forgets it

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "base/text.h"
#include "crypto/base64.h"

namespace cairn::http {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

constexpr std::string_view kHeaderEnd = "\r\n\r\n";
/// Longest method that is looked for, blanks and "HTTP/1.1".
constexpr std::size_t kRequestLineRest = 32;
/// Digits of the largest length below 2^63.
constexpr std::size_t kLengthDigitsMax = 18;
constexpr std::size_t kWebSocketKeyBytes = 16;

std::string_view text_of(BeastText text) {
    return {text.data(), text.size()};
}

std::optional<Method> method_of(beast::verb verb) {
    switch (verb) {
        case beast::verb::get:
            return Method::get;
        case beast::verb::head:
            return Method::head;
        case beast::verb::post:
            return Method::post;
        case beast::verb::put:
            return Method::put;
        case beast::verb::patch:
            return Method::patch;
        case beast::verb::delete_:
            return Method::delete_;
        default:
            return std::nullopt;
    }
}

/// Control bytes, lines that do not end in CRLF, and lines that go on after it (obs-fold).
/// `begin`: where looking begins; the byte before it was looked at.
bool has_bad_bytes(std::string_view header, std::size_t begin) {
    for (std::size_t at = begin; at < header.size(); ++at) {
        const auto byte = static_cast<unsigned char>(header[at]);
        const char before = at > 0 ? header[at - 1] : '\n';
        if ((before == '\r') != (byte == '\n')) return true;
        const bool is_control = byte < ' ' || byte == 0x7F;
        if (is_control && byte != '\r' && byte != '\n' && byte != '\t') return true;
        if (before == '\n' && (byte == ' ' || byte == '\t')) return true;
    }
    return false;
}

/// Whether a request line ends in a version, be it one that is not spoken here.
bool names_version(std::string_view line) {
    constexpr std::string_view kVersion = " HTTP/0.0";
    if (line.size() < kVersion.size() || std::count(line.begin(), line.end(), ' ') != 2) {
        return false;
    }
    std::string version(line.substr(line.size() - kVersion.size()));
    for (const std::size_t at : {version.size() - 3, version.size() - 1}) {
        if (version[at] >= '0' && version[at] <= '9') version[at] = '0';
    }
    return version == kVersion;
}

/// Origin form (RFC 9112 section 3.2.1).
bool is_good_target(std::string_view target) {
    return target.starts_with('/') && std::all_of(target.begin(), target.end(), [](char byte) {
               return byte > ' ' && byte < '\x7F' && byte != '#';
           });
}

/// Characters of a name or address and its port (RFC 3986 section 3.2.2), no user.
bool is_good_host(std::string_view host) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%:[]!$&'()*+,;=";
    return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool has_token(const Fields& fields, std::string_view name, std::string_view token) {
    return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
        if (lower_ascii(field.first) != name) return false;
        const beast::token_list list(BeastText(field.second.data(), field.second.size()));
        return std::any_of(list.begin(), list.end(), [&](BeastText one) {
            return lower_ascii(text_of(one)) == token;
        });
    });
}

}  // namespace

class RequestParser::Impl final : public beast::basic_parser<true> {
public:
    explicit Impl(const HeadLimits& limits) : limits_(limits) {
        header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
        // Until limit_body(). Without any, Beast 1.74 refuses each Content-Length.
        body_limit(std::numeric_limits<std::uint64_t>::max());
    }

    Reading read_head(std::string& input) {
        const std::size_t end = input.find(kHeaderEnd, looked_at_ - std::min(looked_at_, kOverlap));
        const std::size_t size = end == std::string::npos ? input.size() : end + kHeaderEnd.size();
        if (has_bad_bytes({input.data(), size}, looked_at_)) return refuse(400);
        looked_at_ = size;
        const std::string_view line(input.data(), std::min(input.find('\r'), size));
        if (line.size() > limits_.target_bytes_max + kRequestLineRest) return refuse(414);
        if (size > limits_.header_bytes_max) return refuse(431);
        if (end == std::string::npos) return Reading::more;
        error_code error;
        put({input.data(), size}, error);
        if (error == beast::error::bad_version) return refuse(names_version(line) ? 505 : 400);
        if (error) return refuse(status_of(error));
        input.erase(0, size);
        return check_head();
    }

    Reading limit_body(std::uint64_t bytes_max) {
        if (head_.content_length > bytes_max) return refuse(413);
        body_limit(bytes_max);
        return Reading::complete;
    }

    Reading read_body(std::string& input, std::string& content) {
        content_ = &content;
        std::size_t used = 0;
        error_code error;
        while (!is_done() && used < input.size() && !error) {
            used += put({input.data() + used, input.size() - used}, error);
        }
        input.erase(0, used);
        if (error == beast::error::need_more) {
            return input.size() > kTrailerBytesMax ? refuse(431) : Reading::more;
        }
        if (error) return refuse(status_of(error));
        return is_done() ? Reading::complete : Reading::more;
    }

    Head take_head() { return std::move(head_); }
    unsigned status() const { return status_; }

private:
    static constexpr std::size_t kOverlap = kHeaderEnd.size() - 1;

    Reading refuse(unsigned status) {
        status_ = status;
        return Reading::refused;
    }

    static unsigned status_of(const error_code& error) {
        if (error == beast::error::body_limit) return 413;
        if (error == beast::error::header_limit) return 431;
        return 400;
    }

    /// What Beast leaves to its callers.
    Reading check_head() {
        if (status_ != 0) return Reading::refused;
        Fields& fields = head_.request.fields;
        const auto host = fields.find("Host");
        if (!host || !is_good_host(*host) || !check_framing(fields)) return refuse(400);
        head_.keep_alive = is_http_1_1_ && keep_alive();
        const auto expected = fields.find("Expect");
        head_.expects_continue =
            is_http_1_1_ && expected && lower_ascii(*expected) == "100-continue" && head_.has_body;
        const auto upgrade = fields.find("Upgrade");
        if (is_http_1_1_ && upgrade && lower_ascii(*upgrade) == "websocket") {
            if (!is_good_handshake(fields)) return refuse(400);
            head_.asks_channel = true;
        }
        return Reading::complete;
    }

    bool check_framing(const Fields& fields) {
        const std::size_t lengths = fields.count("Content-Length");
        const std::size_t encodings = fields.count("Transfer-Encoding");
        if (lengths + encodings > 1) return false;
        if (encodings == 1) {
            head_.has_body = true;
            return is_http_1_1_ && chunked() &&
                   lower_ascii(*fields.find("Transfer-Encoding")) == "chunked";
        }
        if (lengths == 0) return true;
        const std::string_view text = *fields.find("Content-Length");
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, head_.content_length);
        head_.has_body = head_.content_length > 0;
        return error == std::errc() && stop == end && text.size() <= kLengthDigitsMax;
    }

    bool is_good_handshake(const Fields& fields) const {
        const auto key = fields.find("Sec-WebSocket-Key");
        const auto version = fields.find("Sec-WebSocket-Version");
        return head_.request.method == Method::get && !head_.has_body &&
               has_token(fields, "connection", "upgrade") && version && *version == "13" && key &&
               crypto::base64_decode_array<kWebSocketKeyBytes>(*key).has_value();
    }

    void on_request_impl(
        beast::verb verb, BeastText name, BeastText target, int version, error_code& /*error*/
    ) override {
        is_http_1_1_ = version == 11;
        const std::string_view text = text_of(target);
        const auto method = method_of(verb);
        if (!is_good_target(text)) {
            status_ = 400;
        } else if (text.size() > limits_.target_bytes_max) {
            status_ = 414;
        } else if (!method || text_of(name) != name_of(*method)) {
            status_ = verb == beast::verb::unknown ? 501 : 405;
        } else {
            head_.request.method = *method;
        }
        const std::size_t question = std::min(text.find('?'), text.size());
        head_.request.path = text.substr(0, question);
        head_.request.query = text.substr(std::min(question + 1, text.size()));
    }

    void on_field_impl(beast::field /*field*/, BeastText name, BeastText value, error_code& error)
        override {
        if (!is_header_done_) return head_.request.fields.add(text_of(name), text_of(value));
        trailer_bytes_ += name.size() + value.size();
        if (trailer_bytes_ > kTrailerBytesMax) error = beast::error::header_limit;
    }

    void on_header_impl(error_code& /*error*/) override { is_header_done_ = true; }

    std::size_t on_body_impl(BeastText body, error_code& /*error*/) override {
        content_->append(body.data(), body.size());
        return body.size();
    }

    void on_chunk_header_impl(std::uint64_t /*size*/, BeastText extensions, error_code& error)
        override {
        extension_bytes_ += extensions.size();
        if (extension_bytes_ > kChunkExtensionBytesMax) error = beast::error::bad_chunk_extension;
    }

    std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, BeastText body, error_code& error)
        override {
        return on_body_impl(body, error);
    }

    void on_response_impl(int /*code*/, BeastText /*reason*/, int /*version*/, error_code& error)
        override {
        error = beast::error::bad_version;
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/, error_code& /*error*/)
        override {}
    void on_finish_impl(error_code& /*error*/) override {}

    HeadLimits limits_;
    Head head_;
    std::size_t looked_at_ = 0;
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::string* content_ = nullptr;
    unsigned status_ = 0;
    bool is_http_1_1_ = false;
    bool is_header_done_ = false;
};

RequestParser::RequestParser(const HeadLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

Reading RequestParser::read_head(std::string& input) {
    return impl_->read_head(input);
}
Head RequestParser::take_head() {
    return impl_->take_head();
}
Reading RequestParser::limit_body(std::uint64_t bytes_max) {
    return impl_->limit_body(bytes_max);
}
Reading RequestParser::read_body(std::string& input, std::string& content) {
    return impl_->read_body(input, content);
}
unsigned RequestParser::status() const {
    return impl_->status();
}

}  // namespace cairn::http
