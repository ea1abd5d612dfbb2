// features/log_proof/log_proof_routes.h
//
// The log for everyone's tools (C2SP tlog-tiles under /audit/), its verifier keys, and single
// events with their proofs for their owner and for operators.
#pragma once

#include "features/log_proof/log_proof_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::log_proof {

void add_routes(http::Router& router, Database& database, LogProofService& proofs);

} // namespace keystead::log_proof
