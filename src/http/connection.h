#pragma once

#include <memory>

#include "http/request_parser.h"
#include "http/server_state.h"

namespace cairn::http {

class ChannelSocket;

/// One client: its requests, one after another, until one side ends it. Lives as long as anything
/// of it goes on; belongs to the thread of its loop.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// Takes over what ServerState::networks.connect() gave for `client`, also when it throws.
    Connection(
        ServerState& state,
        Loop& loop,
        Socket socket,
        std::shared_ptr<ssl_ctx_st> tls,
        const asio::ip::address& client
    );
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;
    ~Connection();

    static Network network_of(const asio::ip::address& address);

    /// The whole life of `self`.
    static Task<> run(std::shared_ptr<Connection> self);

    /// Ends what waits for longer than it may.
    void check_deadline(Moment now);
    /// Ends it when nothing is asked at the moment; else after the answer.
    void stop_when_idle();
    /// Ends it now.
    void abort();

    Stream& stream() { return stream_; }
    void set_deadline(Moment deadline) { deadline_ = deadline; }
    void clear_deadline() { deadline_ = Moment::max(); }

private:
    /// A request that is being answered.
    struct Exchange {
        Request head;
        Moment begin{};
        bool is_head = false;
        bool keep_alive = false;
    };

    Task<> serve();
    Task<bool> serve_one();
    Task<bool> read_head(RequestParser& parser);
    Task<bool> answer_request(RequestParser& parser, Head head);
    Task<unsigned> receive(
        RequestParser& parser, const Admission& admission, Request& request, bool is_awaited
    );
    Task<bool> open_channel(Head head);
    Task<Response> ask_application(Exchange& exchange, Request request);
    Task<bool> send(Exchange& exchange, Response response);
    Task<bool> send_problem(Exchange& exchange, unsigned status);
    Response problem(const Exchange& exchange, unsigned status);
    Task<bool> send_file(int file, std::uint64_t size);
    Task<bool> write(std::string_view bytes);
    Task<> linger();

    /// The place of a connection in the counts, given back when it ends.
    class Place {
    public:
        Place(ServerState& state, const Network& network);
        Place(Place&&) = delete;
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        ServerState& state_;
        const Network network_;
    };

    ServerState& state_;
    Loop& loop_;
    const Network network_;
    const Place place_;
    Stream stream_;
    const std::string client_;
    std::optional<ByteVector> certificate_;
    std::string input_;  ///< came, and is not used yet
    Moment deadline_ = Moment::max();
    std::weak_ptr<ChannelSocket> channel_;
    bool is_idle_ = false;
};

}  // namespace cairn::http
