#include "fetch/https_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/utc_time.h"
#include "fetch/own_network.h"
#include "fetch/url.h"

namespace cairn::fetch {
namespace {

constexpr std::string_view kLineEnds("\r\n\0", 3);
constexpr std::size_t kFieldBytesMax = std::size_t{64} << 10;
/// To connect, however long the question itself may take.
constexpr std::chrono::milliseconds kConnectTimeMax{60'000};

struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(char* text) const { curl_free(text); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, Free>;
using Text = std::unique_ptr<char, Free>;
using Headers = std::unique_ptr<curl_slist, Free>;

/// One question, as the callbacks of libcurl see it.
struct Exchange {
    bool certificate_only = false;  ///< connects to a stranger, and says nothing
    bool own_network_allowed = false;
    bool own_network_refused = false;
    CURL* handle = nullptr;
    std::size_t bytes = 0;
    int body_file = -1;
    std::uint64_t body_sent = 0;
    int answer_file = -1;
    Status file_status = ok();  ///< of reading the one and writing the other
    Answer answer;
    std::array<char, CURL_ERROR_SIZE> reason{};

    bool has_room(std::size_t count) {
        bytes += count;
        return bytes <= kAnswerBytesMax;
    }
    bool answers_to_file() const {
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        return answer_file >= 0 && status < 300;
    }
};

/// The host of an address that may be asked.
Result<std::string> host_of(const std::string& address) {
    const auto url = split_url(address);
    if (!url) return fail(Errc::invalid_argument, "not an address of the web: correct it");
    const std::string host = printable(url->host);
    if (url->scheme != "https") {
        return fail(Errc::invalid_argument, "{}: only https is asked: correct its address", host);
    }
    if (url->has_login) {
        return fail(Errc::invalid_argument, "{}: its address holds a login: leave that out", host);
    }
    return url->host;
}

/// What stands at the beginning of a socket's address of any family.
template <typename SocketAddress>
SocketAddress read_address(const curl_sockaddr& address) {
    SocketAddress read{};
    const void* from = &address.addr;
    std::memcpy(&read, from, std::min<std::size_t>(sizeof(read), address.addrlen));
    return read;
}

bool leads_to_own_network(const curl_sockaddr& address) {
    std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
    if (address.family == AF_INET) {
        const auto read = read_address<sockaddr_in>(address);
        std::memcpy(bytes.data(), &read.sin_addr, sizeof(read.sin_addr));
        return is_own_network(Bytes(bytes).first(sizeof(read.sin_addr)));
    }
    if (address.family != AF_INET6) return true;
    const auto read = read_address<sockaddr_in6>(address);
    std::memcpy(bytes.data(), &read.sin6_addr, sizeof(read.sin6_addr));
    return is_own_network(Bytes(bytes));
}

curl_socket_t open_socket(void* context, curlsocktype purpose, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(context);
    const bool refused = !exchange.own_network_allowed && leads_to_own_network(*address);
    if (purpose != CURLSOCKTYPE_IPCXN || refused) {
        exchange.own_network_refused = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* context) {
    constexpr std::string_view kTag = "etag:";
    auto& exchange = *static_cast<Exchange*>(context);
    if (!exchange.has_room(size * count)) return 0;
    std::string_view line(data, size * count);
    if (lower_ascii(line.substr(0, kTag.size())) == kTag) {
        line.remove_prefix(kTag.size());
        const auto begin = line.find_first_not_of(" \t");
        const auto end = line.find_last_not_of(" \t\r\n");
        if (begin != line.npos) exchange.answer.tag = line.substr(begin, end - begin + 1);
    }
    return size * count;
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    if (exchange.answers_to_file()) {
        exchange.file_status =
            write_all(exchange.answer_file, as_bytes(std::string_view(data, size * count)));
        return exchange.file_status ? size * count : 0;
    }
    if (!exchange.has_room(size * count)) return 0;
    exchange.answer.body.append(data, size * count);
    return size * count;
}

std::size_t give_body(char* buffer, std::size_t size, std::size_t count, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    void* const to = buffer;
    const MutableBytes out(static_cast<std::uint8_t*>(to), size * count);
    const auto read = read_at(exchange.body_file, exchange.body_sent, out);
    if (!read) {
        exchange.file_status = Error(read.error());
        return CURL_READFUNC_ABORT;
    }
    exchange.body_sent += *read;
    return *read;
}

Result<Handle> new_handle() {
    static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
    Handle handle(kStarted == CURLE_OK ? curl_easy_init() : nullptr);
    if (!handle) return fail(Errc::internal, "libcurl cannot be started");
    return handle;
}

/// Sets options until one is refused: none may be left out.
class Settings {
public:
    explicit Settings(CURL* handle) : handle_(handle) {}

    template <typename Value>
    Settings& set(CURLoption option, Value value) {
        if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
        return *this;
    }

    Status done() const {
        if (code_ == CURLE_OK) return ok();
        return fail(Errc::internal, "libcurl refuses a setting: {}", curl_easy_strerror(code_));
    }

private:
    CURL* handle_;
    CURLcode code_ = CURLE_OK;
};

Status prepare(CURL* handle, const HttpsOptions& options, Exchange& exchange) {
    Settings settings(handle);
    settings.set(CURLOPT_NOSIGNAL, 1L)
        .set(CURLOPT_PROTOCOLS_STR, "https")
        .set(CURLOPT_FOLLOWLOCATION, 0L)
        .set(CURLOPT_PROXY, "")  // none of the environment either
        .set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED))
        .set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1))
        .set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
        .set(CURLOPT_SSL_VERIFYPEER, exchange.certificate_only ? 0L : 1L)
        .set(CURLOPT_SSL_VERIFYHOST, exchange.certificate_only ? 0L : 2L)
        .set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.time_max.count()))
        .set(
            CURLOPT_CONNECTTIMEOUT_MS,
            static_cast<long>(std::min(options.time_max, kConnectTimeMax).count())
        )
        .set(CURLOPT_TCP_KEEPALIVE, 1L)
        .set(CURLOPT_ERRORBUFFER, exchange.reason.data())
        .set(CURLOPT_OPENSOCKETFUNCTION, &open_socket)
        .set(CURLOPT_OPENSOCKETDATA, &exchange)
        .set(CURLOPT_HEADERFUNCTION, &take_header)
        .set(CURLOPT_HEADERDATA, &exchange)
        .set(CURLOPT_WRITEFUNCTION, &take_body)
        .set(CURLOPT_WRITEDATA, &exchange);
    if (!options.trust_file.empty()) {
        const char* none = nullptr;
        settings.set(CURLOPT_CAINFO, options.trust_file.c_str()).set(CURLOPT_CAPATH, none);
    }
    if (!options.trust_pem.empty()) {
        const char* none = nullptr;
        std::string copy = options.trust_pem;  // libcurl takes no constant, and copies it
        curl_blob pem = {.data = copy.data(), .len = copy.size(), .flags = CURL_BLOB_COPY};
        settings.set(CURLOPT_CAINFO_BLOB, &pem).set(CURLOPT_CAPATH, none);
    }
    return settings.done();
}

/// The server may have taken what was sent, or not.
bool is_loss(CURLcode code) {
    return code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SEND_ERROR ||
           code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE;
}

Error failure(
    CURLcode code, const std::string& host, const HttpsOptions& options, const Exchange& exchange
) {
    const std::string reason = exchange.reason.front() != '\0'
                                   ? printable(exchange.reason.data())
                                   : std::string(curl_easy_strerror(code));
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return fail(
                       Errc::unavailable,
                       "{}: no whole answer within {}: look whether it is reached from here",
                       host,
                       human_duration(options.time_max)
            )
                .because("connection_lost");
        case CURLE_SSL_CACERT_BADFILE:
            return fail(
                Errc::unavailable,
                "{}: the file of trusted authorities cannot be used: put certificates in PEM there",
                options.trust_file
            );
        case CURLE_PEER_FAILED_VERIFICATION:
            return fail(
                       Errc::unavailable,
                       "{}: its certificate is not accepted ({}): renew it there, or trust its "
                       "authority "
                       "here",
                       host,
                       reason
            )
                .because("certificate_not_accepted");
        default:
            return fail(
                       Errc::unavailable,
                       "{}: {}: look whether it is reached from here",
                       host,
                       reason
            )
                .because(is_loss(code) ? "connection_lost" : "");
    }
}

/// Connects, and asks what `handle` was told to. Returns the host.
Result<std::string> perform(
    CURL* handle, const std::string& url, const HttpsOptions& options, Exchange& exchange
) {
    const std::string host = CAIRN_TRY(host_of(url));
    exchange.handle = handle;
    exchange.own_network_allowed =
        std::find(options.own_hosts.begin(), options.own_hosts.end(), host) !=
        options.own_hosts.end();
    CAIRN_TRY(prepare(handle, options, exchange));
    CAIRN_TRY(Settings(handle).set(CURLOPT_URL, url.c_str()).done());
    const CURLcode code = curl_easy_perform(handle);
    CAIRN_TRY(exchange.file_status);
    if (exchange.bytes > kAnswerBytesMax) {
        return fail(Errc::limit_exceeded, "{}: its answer is over {} bytes", host, kAnswerBytesMax);
    }
    if (code == CURLE_COULDNT_CONNECT && exchange.own_network_refused) {
        return fail(
            Errc::permission_denied,
            "{}: it lies in the own network: name it among the hosts that may, if it is meant",
            host
        );
    }
    if (code != CURLE_OK) return failure(code, host, options, exchange);
    return host;
}

Result<Answer> ask(
    CURL* handle, const std::string& url, const HttpsOptions& options, Exchange& exchange
) {
    const std::string host = CAIRN_TRY(perform(handle, url, options, exchange));
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 300 && status < 400) {
        return fail(
            Errc::unavailable,
            "{}: it sends elsewhere (status {}), which is not followed: give the last address",
            host,
            status
        );
    }
    exchange.answer.status = static_cast<int>(status);
    return std::move(exchange.answer);
}

std::string escaped(CURL* handle, std::string_view text) {
    if (text.empty()) return {};  // libcurl would measure it
    const Text whole(curl_easy_escape(handle, text.data(), static_cast<int>(text.size())));
    return whole ? whole.get() : "";
}

Result<std::string> form_encoded(CURL* handle, std::span<const FormField> fields) {
    std::string form;
    for (const FormField& field : fields) {
        if (std::max(field.name.size(), field.value.size()) > kFieldBytesMax) {
            return fail(
                Errc::limit_exceeded, "{}: over {} bytes", printable(field.name), kFieldBytesMax
            );
        }
        if (!form.empty()) form += '&';
        form += escaped(handle, field.name) + '=' + escaped(handle, field.value);
    }
    return form;
}

const char* word_of(Method method) {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::delete_:
            return "DELETE";
    }
    return "GET";
}

/// libcurl's list takes each line as it is: a line's end in a value would begin another field.
Result<Headers> headers_of(const Request& request) {
    Headers list;
    for (const HeaderField& field : request.fields) {
        if (field.value.find_first_of(kLineEnds) != std::string::npos) {
            return fail(Errc::invalid_argument, "{}: holds the end of a line", field.name);
        }
        const std::string line = fmt::format("{}: {}", field.name, field.value);
        curl_slist* longer = curl_slist_append(list.get(), line.c_str());
        if (longer == nullptr) return fail(Errc::internal, "libcurl cannot keep a field");
        if (!list) list.reset(longer);
    }
    return list;
}

Result<std::uint64_t> length_of(int file) {
    struct stat status {};
    if (::fstat(file, &status) != 0) {
        return fail(Errc::io, "the file to send: {}", errno_text(errno));
    }
    return static_cast<std::uint64_t>(status.st_size);
}

/// The server's own certificate, first of those it showed.
std::string shown_certificate(CURL* handle) {
    constexpr std::string_view kName = "Cert:";
    curl_certinfo* shown = nullptr;
    curl_easy_getinfo(handle, CURLINFO_CERTINFO, &shown);
    if (shown == nullptr || shown->num_of_certs < 1) return {};
    for (const curl_slist* line = *shown->certinfo; line != nullptr; line = line->next) {
        const std::string_view text = line->data;
        if (text.starts_with(kName)) return std::string(text.substr(kName.size()));
    }
    return {};
}

}  // namespace

HttpsClient::HttpsClient(HttpsOptions options) : options_(std::move(options)) {}

Result<Answer> HttpsClient::get(const std::string& url) {
    Exchange exchange;
    const Handle handle = CAIRN_TRY(new_handle());
    return ask(handle.get(), url, options_, exchange);
}

Result<Answer> HttpsClient::post_form(
    const std::string& url,
    std::span<const FormField> fields,
    const std::optional<BasicLogin>& login
) {
    Exchange exchange;  // outlives the handle, which points to it
    const Handle handle = CAIRN_TRY(new_handle());
    const std::string form = CAIRN_TRY(form_encoded(handle.get(), fields));
    Settings settings(handle.get());
    settings.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(form.size()))
        .set(CURLOPT_COPYPOSTFIELDS, form.c_str());
    if (login) {
        settings.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC))
            .set(CURLOPT_USERNAME, std::string(login->name).c_str())
            .set(CURLOPT_PASSWORD, std::string(login->password).c_str());
    }
    CAIRN_TRY(settings.done());
    return ask(handle.get(), url, options_, exchange);
}

Result<Answer> HttpsClient::post(
    const std::string& url, std::string_view content_type, std::string_view body
) {
    Exchange exchange;  // both outlive the handle, which points to them
    const std::string type = fmt::format("Content-Type: {}", content_type);
    const Headers headers(curl_slist_append(nullptr, type.c_str()));
    const Handle handle = CAIRN_TRY(new_handle());
    CAIRN_TRY(Settings(handle.get())
                  .set(CURLOPT_HTTPHEADER, headers.get())
                  .set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()))
                  .set(CURLOPT_COPYPOSTFIELDS, std::string(body).c_str())
                  .done());
    return ask(handle.get(), url, options_, exchange);
}

Result<Answer> HttpsClient::request(const Request& request) {
    Exchange exchange;  // both outlive the handle, which points to them
    exchange.answer_file = request.answer_file;
    const Headers headers = CAIRN_TRY(headers_of(request));
    const Handle handle = CAIRN_TRY(new_handle());
    Settings settings(handle.get());
    settings.set(CURLOPT_HTTPHEADER, headers.get());
    if (request.body) {
        settings.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()))
            .set(CURLOPT_COPYPOSTFIELDS, request.body->c_str());
    }
    if (request.body_file >= 0) {
        exchange.body_file = request.body_file;
        const std::uint64_t length = CAIRN_TRY(length_of(request.body_file));
        settings.set(CURLOPT_UPLOAD, 1L)
            .set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(length))
            .set(CURLOPT_READFUNCTION, &give_body)
            .set(CURLOPT_READDATA, &exchange);
    }
    settings.set(CURLOPT_CUSTOMREQUEST, word_of(request.method));
    CAIRN_TRY(settings.done());
    HttpsOptions options = options_;
    if (request.time_max.count() > 0) options.time_max = request.time_max;
    return ask(handle.get(), request.url, options, exchange);
}

Result<std::string> HttpsClient::show_certificate(const std::string& url) {
    Exchange exchange;
    exchange.certificate_only = true;
    const Handle handle = CAIRN_TRY(new_handle());
    CAIRN_TRY(Settings(handle.get()).set(CURLOPT_CERTINFO, 1L).set(CURLOPT_CONNECT_ONLY, 1L).done()
    );
    const std::string host = CAIRN_TRY(perform(handle.get(), url, options_, exchange));
    std::string pem = shown_certificate(handle.get());
    if (pem.empty()) return fail(Errc::unavailable, "{}: it shows no certificate", host);
    return pem;
}

}  // namespace cairn::fetch
