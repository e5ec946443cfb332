#pragma once

#include "base/id.h"

namespace cairn::access {

using AgencyId = Id<struct AgencyIdTag>;
using UserId = Id<struct UserIdTag>;
using CaseId = Id<struct CaseIdTag>;
using AuthorityId = Id<struct AuthorityIdTag>;
using ApprovalId = Id<struct ApprovalIdTag>;
using BreakGlassId = Id<struct BreakGlassIdTag>;

}  // namespace cairn::access
