#include "http/connection.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "crypto/secret.h"
#include "http/channel_socket.h"
#include "http/response_head.h"

namespace cairn::http {
namespace {

/// Of a body from or to a file, at once.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
/// A body up to here goes out together with its header.
constexpr std::size_t kJoinedBytesMax = std::size_t{32} << 10;
/// What an idle connection may keep allocated.
constexpr std::size_t kIdleBytesMax = std::size_t{4} << 10;
/// After its last answer a client is listened to for so much and so long, that it may read it:
/// closing on unread bytes would take the answer back.
constexpr std::size_t kLingerBytesMax = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr std::size_t kRequestIdBytes = 16;
/// In place of a status: nobody is there to be answered.
constexpr unsigned kGone = 1;

Moment now() {
    return std::chrono::steady_clock::now();
}

std::string new_request_id() {
    std::array<std::uint8_t, kRequestIdBytes> bytes{};
    crypto::random_bytes(bytes);
    return hex_encode(bytes);
}

Request head_of(const Request& request) {
    return {
        .method = request.method,
        .path = request.path,
        .query = request.query,
        .fields = request.fields,
        .client = request.client,
        .certificate = request.certificate,
        .id = request.id,
    };
}

/// Appends `content` to an unnamed file, made in `folder` when there is none.
Status append_to_spool(
    std::optional<Fd>& file, const std::string& folder, const std::string& content
) {
    if (!file) {
        Fd made(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!made) return fail(Errc::io, "{}: {}", folder, errno_text(errno));
        file = std::move(made);
    }
    return write_all(file->get(), as_bytes(content));
}

/// Fills `piece`.
bool read_whole(int file, std::uint64_t offset, std::string& piece) {
    std::size_t done = 0;
    while (done < piece.size()) {
        const ssize_t count = ::pread(
            file, piece.data() + done, piece.size() - done, static_cast<off_t>(offset + done)
        );
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        done += static_cast<std::size_t>(count);
    }
    return true;
}

/// Whether bytes go as fast as they must: so many within each time of grace.
class Pace {
public:
    explicit Pace(const Limits& limits)
        : wanted_(
              static_cast<double>(limits.bytes_per_second_min) *
              std::chrono::duration<double>(limits.header).count()
          ) {}

    /// True when a new time of grace begins.
    bool count(std::size_t bytes) {
        came_ += static_cast<double>(bytes);
        if (came_ < wanted_) return false;
        came_ = 0;
        return true;
    }

private:
    double wanted_;
    double came_ = 0;
};

}  // namespace

Connection::Connection(
    ServerState& state,
    Loop& loop,
    Socket socket,
    std::shared_ptr<ssl_ctx_st> tls,
    const asio::ip::address& client
)
    : state_(state),
      loop_(loop),
      network_(network_of(client)),
      place_(state, network_),
      stream_(std::move(socket), std::move(tls), loop.scratch),
      client_(client.to_string()) {}

Connection::~Connection() {
    loop_.connections.erase(this);
}

Connection::Place::Place(ServerState& state, const Network& network)
    : state_(state), network_(network) {
    ++state_.connections;
    ++state_.connections_open;
}

Connection::Place::~Place() {
    state_.networks.disconnect(network_);
    --state_.connections_open;
}

Network Connection::network_of(const asio::ip::address& address) {
    if (address.is_v4()) return {.prefix = address.to_v4().to_uint(), .is_ipv6 = false};
    const auto bytes = address.to_v6().to_bytes();
    std::uint64_t prefix = 0;
    for (std::size_t at = 0; at < sizeof(prefix); ++at) prefix = prefix << 8 | bytes.at(at);
    return {.prefix = prefix, .is_ipv6 = true};
}

Task<> Connection::run(std::shared_ptr<Connection> self) {
    self->loop_.connections.insert(self.get());
    try {
        co_await self->serve();
    } catch (const std::exception&) {
        // Out of memory, or an application that breaks its promise: this connection ends.
    }
    self->stream_.expire();
}

void Connection::check_deadline(Moment at) {
    if (at < deadline_) return;
    clear_deadline();
    if (!is_idle_) ++state_.timed_out;
    stream_.expire();
}

void Connection::stop_when_idle() {
    if (const auto channel = channel_.lock()) channel->begin_close(1001, "the server stops");
    if (is_idle_) stream_.expire();
}

void Connection::abort() {
    stream_.end();
}

Task<> Connection::serve() {
    set_deadline(now() + state_.options.limits.handshake);
    const error_code error = co_await stream_.handshake();
    if (error) {
        ++state_.handshakes_failed;
        co_return;
    }
    certificate_ = stream_.client_certificate();
    bool goes_on = true;
    while (goes_on && !state_.is_stopping) goes_on = co_await serve_one();
    co_await linger();
}

Task<bool> Connection::serve_one() {
    const Limits& limits = state_.options.limits;
    if (input_.empty() && input_.capacity() > kIdleBytesMax) std::string().swap(input_);
    RequestParser parser(
        {.header_bytes_max = limits.header_bytes_max, .target_bytes_max = limits.target_bytes_max}
    );
    const bool is_there = co_await read_head(parser);
    if (!is_there) co_return false;
    Head head = parser.take_head();
    head.request.client = client_;
    head.request.certificate = certificate_;
    head.request.id = new_request_id();
    if (head.asks_channel) co_return co_await open_channel(std::move(head));
    co_return co_await answer_request(parser, std::move(head));
}

Task<bool> Connection::read_head(RequestParser& parser) {
    const Limits& limits = state_.options.limits;
    is_idle_ = input_.empty();
    set_deadline(now() + (is_idle_ ? limits.idle : limits.header));
    unsigned status = 0;
    while (status == 0) {
        const Reading reading = parser.read_head(input_);
        if (reading == Reading::complete) break;
        if (reading == Reading::refused) {
            status = parser.status();
            break;
        }
        const error_code error = co_await stream_.read(input_);
        if (error) status = error == asio::error::timed_out && !is_idle_ ? 408 : kGone;
        if (is_idle_ && !error) set_deadline(now() + limits.header);
        is_idle_ = is_idle_ && error;
    }
    clear_deadline();
    is_idle_ = false;
    if (status == 0) co_return true;
    if (status == kGone) co_return false;
    stream_.renew();
    Exchange exchange{.head = {}, .begin = now()};
    exchange.head.client = client_;
    exchange.head.id = new_request_id();
    co_await send_problem(exchange, status);
    co_return false;
}

Task<bool> Connection::answer_request(RequestParser& parser, Head head) {
    Exchange exchange{
        .head = head_of(head.request),
        .begin = now(),
        .is_head = head.request.method == Method::head,
        .keep_alive = head.keep_alive && !head.has_body,
    };
    if (!state_.networks.take(network_, exchange.begin)) {
        ++state_.refused_requests;
        co_return co_await send_problem(exchange, 429);
    }
    auto admitted = state_.application.admit(head.request);
    if (auto* response = std::get_if<Response>(&admitted)) {
        co_return co_await send(exchange, std::move(*response));
    }
    const Admission admission = std::get<Admission>(admitted);
    if (head.has_body || admission.to_file) {
        unsigned status = 413;
        if (parser.limit_body(admission.body_bytes_max) == Reading::complete) {
            status = co_await receive(parser, admission, head.request, head.expects_continue);
        }
        if (status == kGone) co_return false;
        if (status != 0) co_return co_await send_problem(exchange, status);
    }
    exchange.keep_alive = head.keep_alive;
    Response response = co_await ask_application(exchange, std::move(head.request));
    co_return co_await send(exchange, std::move(response));
}

/// 0 when the body is there.
Task<unsigned> Connection::receive(
    RequestParser& parser, const Admission& admission, Request& request, bool is_awaited
) {
    const Limits& limits = state_.options.limits;
    std::string content;
    Status spooled = ok();
    auto spool = [&] { spooled = append_to_spool(request.file, limits.spool_folder, content); };
    Pace pace(limits);
    if (is_awaited && input_.empty()) co_await write("HTTP/1.1 100 Continue\r\n\r\n");
    set_deadline(now() + limits.header);
    for (;;) {
        const Reading reading = parser.read_body(input_, content);
        if (reading == Reading::refused) co_return parser.status();
        const bool is_complete = reading == Reading::complete;
        if (admission.to_file && (is_complete || content.size() >= kPieceBytes)) {
            clear_deadline();
            co_await run_on(state_.disk, spool);
            if (!spooled) co_return 503;
            content.clear();
            set_deadline(now() + limits.header);
        }
        if (is_complete) break;
        const std::size_t before = input_.size();
        const error_code error = co_await stream_.read(input_);
        if (error == asio::error::timed_out) {
            stream_.renew();
            co_return 408;
        }
        if (error) co_return kGone;
        if (pace.count(input_.size() - before)) set_deadline(now() + limits.header);
    }
    clear_deadline();
    if (!admission.to_file) request.body = std::move(content);
    if (request.file && ::lseek(request.file->get(), 0, SEEK_SET) != 0) co_return 503;
    co_return 0;
}

Task<Response> Connection::ask_application(Exchange& exchange, Request request) {
    Response response;
    auto work = [&] {
        --state_.requests_waiting;
        try {
            response = state_.is_out_of_patience ? state_.application.problem(503, exchange.head.id)
                                                 : state_.application.answer(std::move(request));
        } catch (const std::exception&) {
            response = state_.application.problem(500, exchange.head.id);
        }
    };
    if (state_.requests_waiting >= state_.options.limits.waiting_max) {
        ++state_.refused_requests;
        co_return problem(exchange, 503);
    }
    ++state_.requests_waiting;
    co_await run_on(state_.workers, work);
    co_return response;
}

Task<bool> Connection::open_channel(Head head) {
    Exchange exchange{.head = head_of(head.request), .begin = now()};
    const Limits& limits = state_.options.limits;
    unsigned status = 0;
    if (!state_.networks.take(network_, exchange.begin)) status = 429;
    if (state_.channels_open >= limits.channels_max) status = 503;
    if (state_.requests_waiting >= limits.waiting_max) status = 503;
    if (status != 0) ++state_.refused_requests;
    if (!input_.empty()) status = 400;  // frames before the handshake is done
    if (status != 0) co_return co_await send_problem(exchange, status);

    const auto socket = std::make_shared<ChannelSocket>(shared_from_this(), state_);
    std::variant<std::unique_ptr<ChannelListener>, Response> opened;
    auto work = [&] {
        --state_.requests_waiting;
        try {
            opened = state_.application.open_channel(std::move(head.request), socket->channel());
        } catch (const std::exception&) {
            opened = state_.application.problem(500, exchange.head.id);
        }
    };
    ++state_.requests_waiting;
    co_await run_on(state_.workers, work);
    if (auto* response = std::get_if<Response>(&opened)) {
        co_return co_await send(exchange, std::move(*response));
    }
    auto listener = std::move(std::get<std::unique_ptr<ChannelListener>>(opened));
    ++state_.channels_open;
    channel_ = socket;
    if (state_.is_stopping) socket->begin_close(1001, "the server stops");
    state_.application.answered(exchange.head, 101, 0, now() - exchange.begin);
    co_await socket->run(exchange.head, std::move(listener));
    channel_.reset();
    --state_.channels_open;
    co_return false;
}

Task<bool> Connection::send_problem(Exchange& exchange, unsigned status) {
    Response response = problem(exchange, status);
    co_return co_await send(exchange, std::move(response));
}

Response Connection::problem(const Exchange& exchange, unsigned status) {
    Response response = state_.application.problem(status, exchange.head.id);
    const bool is_for_now = status == 429 || status == 503;
    if (is_for_now && response.fields.count("Retry-After") == 0) {
        response.fields.add("Retry-After", "1");
    }
    return response;
}

Task<bool> Connection::send(Exchange& exchange, Response response) {
    exchange.keep_alive = exchange.keep_alive && !state_.is_stopping;
    std::uint64_t size = response.body.size();
    struct stat about {};
    if (response.file) {
        if (::fstat(response.file->get(), &about) != 0) co_return false;
        size = static_cast<std::uint64_t>(about.st_size);
    }
    std::string head = response_head(
        response,
        {.request_id = exchange.head.id,
         .body_bytes = size,
         .keep_alive = exchange.keep_alive,
         .now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())}
    );
    std::uint64_t sent = exchange.is_head || !has_body(response.status) ? 0 : size;
    const bool is_joined = !response.file && sent <= kJoinedBytesMax;
    if (is_joined && sent > 0) head += response.body;
    bool is_sent = co_await write(head);
    if (is_sent && sent > 0 && response.file) {
        is_sent = co_await send_file(response.file->get(), sent);
    } else if (is_sent && sent > 0 && !is_joined) {
        is_sent = co_await write(response.body);
    }
    if (!is_sent) sent = 0;
    state_.application.answered(exchange.head, response.status, sent, now() - exchange.begin);
    co_return is_sent&& exchange.keep_alive;
}

Task<bool> Connection::send_file(int file, std::uint64_t size) {
    std::string piece;
    std::uint64_t offset = 0;
    while (offset < size) {
        piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, kPieceBytes)));
        bool is_read = false;
        auto read_piece = [&] { is_read = read_whole(file, offset, piece); };
        co_await run_on(state_.disk, read_piece);
        if (!is_read) co_return false;  // it shrank: the client sees an answer that is cut off
        const bool is_sent = co_await write(piece);
        if (!is_sent) co_return false;
        offset += piece.size();
    }
    co_return true;
}

Task<bool> Connection::write(std::string_view bytes) {
    const auto grace = state_.options.limits.header;
    Pace pace(state_.options.limits);
    set_deadline(now() + grace);
    error_code error;
    while (!bytes.empty() && !error) {
        const std::size_t before = bytes.size();
        error = co_await stream_.write_some(bytes);
        if (pace.count(before - bytes.size())) set_deadline(now() + grace);
    }
    clear_deadline();
    co_return !error;
}

Task<> Connection::linger() {
    if (stream_.is_expired()) co_return;
    stream_.finish();
    set_deadline(now() + kLingerTime);
    is_idle_ = true;  // no fault of the client's
    std::size_t count = 0;
    error_code error;
    while (!error && count < kLingerBytesMax) {
        input_.clear();
        error = co_await stream_.read(input_);
        count += input_.size();
    }
    clear_deadline();
}

}  // namespace cairn::http
