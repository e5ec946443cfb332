// The bytes of a connection through the parser of the server: whole, and cut in two. Both ways
// see the same requests; what is accepted is in the one form that everybody reads alike.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "http/request_parser.h"

namespace {

using namespace cairn::http;  // NOLINT(google-build-using-namespace) one small file

constexpr std::size_t kBodyBytesMax = 10'000;

/// What was seen, as text.
class Reader {
public:
    /// False when the connection ended.
    bool feed(std::string_view bytes) {
        input_ += bytes;
        while (!is_over_ && step()) {
        }
        return !is_over_;
    }

    const std::string& seen() const { return seen_; }

private:
    bool step() {
        if (!parser_) parser_ = std::make_unique<RequestParser>(HeadLimits{});
        if (!is_in_body_) {
            const Reading reading = parser_->read_head(input_);
            if (reading != Reading::complete) return stop(reading);
            const Head head = parser_->take_head();
            check(head);
            seen_ += std::string(name_of(head.request.method)) + head.request.path + '\n';
            is_in_body_ = true;
            if (parser_->limit_body(kBodyBytesMax) == Reading::refused)
                return stop(Reading::refused);
        }
        const Reading reading = parser_->read_body(input_, body_);
        if (body_.size() > kBodyBytesMax) std::abort();
        if (reading != Reading::complete) return stop(reading);
        seen_ += body_ + '\n';
        body_.clear();
        parser_.reset();
        is_in_body_ = false;
        return !input_.empty();
    }

    bool stop(Reading reading) {
        if (reading == Reading::more) return false;
        if (parser_->status() < 400 || parser_->status() > 505) std::abort();
        is_over_ = true;
        return false;
    }

    static void check(const Head& head) {
        const Fields& fields = head.request.fields;
        if (fields.count("Host") != 1 || !head.request.path.starts_with('/')) std::abort();
        if (fields.count("Content-Length") + fields.count("Transfer-Encoding") > 1) std::abort();
        for (const auto& [name, value] : fields) {
            const auto is_bad = [](char byte) {
                return byte == '\0' || byte == '\r' || byte == '\n';
            };
            if (name.empty() || std::any_of(name.begin(), name.end(), is_bad)) std::abort();
            if (std::any_of(value.begin(), value.end(), is_bad)) std::abort();
        }
    }

    std::unique_ptr<RequestParser> parser_;
    std::string input_;
    std::string body_;
    std::string seen_;
    bool is_in_body_ = false;
    bool is_over_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes = cairn::as_text({data + 1, size - 1});
    const std::size_t cut = std::min<std::size_t>(data[0] * 4U, bytes.size());
    Reader whole;
    whole.feed(bytes);
    Reader halves;
    if (halves.feed(bytes.substr(0, cut))) halves.feed(bytes.substr(cut));
    if (whole.seen() != halves.seen()) std::abort();
    return 0;
}
