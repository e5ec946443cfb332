#pragma once

#include "api/call.h"

namespace cairn::api {

/// A browser says where a request comes from: only pages of this host may change something here, or
/// open a channel. Errc::permission_denied.
Status check_site(const http::Request& request);

/// Finds out who sends a request, as far as its route wants to know, and sets `credential`,
/// `token` and `user` of the call. Errc::unauthenticated when nobody was shown to;
/// Errc::permission_denied for a request that another site may have made the browser send.
Status recognise(Call& call);

/// On what ground the request says that it acts: the fields Cairn-Purpose, Cairn-Authority,
/// Cairn-Approval, Idempotency-Key and If-Match. What is wrong with them is noted in the call.
void read_ground(Call& call);

}  // namespace cairn::api
