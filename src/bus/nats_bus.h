#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bus/bus.h"

namespace cairn::bus {

enum class NatsTransport : unsigned char {
    tls,
    plain,  ///< whoever sees the network reads events and the password
};

struct NatsOptions {
    std::vector<std::string> servers;  ///< "host:port" of one cluster; one that answers is enough
    std::string subject_prefix;        ///< of this installation alone: "cairn.example"
    NatsTransport transport = NatsTransport::tls;
    std::string trust_file = {};  ///< PEM; authorities trusted besides those of the system
    std::string certificate_file =
        {};  ///< PEM; this server's own, with key_file, where it is asked for
    std::string key_file = {};
    std::string credentials_file = {};  ///< a NATS user's JWT and seed; or else
    std::string user = {};              ///< with its password
    std::string password = {};
};

/// Among all servers whose options name the same cluster and prefix. Connects by itself and, when
/// the connection is lost or refused, again and again, for ever; until then events go round this
/// process, and the latest that fit wait for the others. Own events come to own listeners directly
/// and not a second time. Whoever may publish under the prefix is believed.
/// Errc::invalid_argument, naming the option, when the options will not do, and for files that
/// cannot be read; a cluster that does not answer is for health() to say.
Result<std::unique_ptr<Bus>> nats_bus(const NatsOptions& options);

}  // namespace cairn::bus
