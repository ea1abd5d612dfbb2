// features/host/host_routes.h
//
// What owners, their tokens and the product's clients ask of servers, what servers ask, and where
// an SSH key is used.
#pragma once

#include "core/permission.h"
#include "core/settings.h"
#include "features/account/account_service.h"
#include "features/host/host_content_service.h"
#include "features/host/host_report_service.h"
#include "features/host/host_service.h"
#include "features/idempotency/idempotency_service.h"
#include "features/place/place_service.h"
#include "http/route.h"
#include "storage/database.h"

#include <functional>
#include <string>
#include <vector>

namespace keystead::host {

inline constexpr std::string_view kTag = "Servers"; // of the routes, in the API's description

struct RouteParts {
    Database& database;
    HostService& hosts;
    HostContentService& contents;
    HostReportService& reports;
    account::AccountService& accounts;
    ssh_key::SshKeyService& ssh_keys;
    idempotency::IdempotencyService& idempotency;
    const place::PlaceService& places;
    const Permission& permission; // with which a token manages servers; known once all is open
    std::string server_url;
    std::function<std::vector<std::string>()> pins; // "sha256//…" of what may answer there
};

void add_routes(http::Router& router, const RouteParts& parts);
/// What changes servers; part of add_routes().
void add_changing_routes(http::Router& router, const RouteParts& parts);
/// What servers ask; part of add_routes().
void add_self_routes(http::Router& router, const RouteParts& parts);
/// Where a key is used and refused; part of add_routes().
void add_key_routes(http::Router& router, const RouteParts& parts);

/// Whose team the path names: by its id, or as the personal one of an account. For anybody but the
/// product there is none but the own one.
Result<AccountId> owner_of(ReadTx& tx, const RouteParts& parts, const http::Request& request);
Result<HostId> host_in_path(const http::Request& request);
/// Names of the account's keys, for lists of logins.
Result<std::map<SshKeyId, std::string>> key_names(ReadTx& tx, const RouteParts& parts,
                                                  AccountId account);
/// What the query says, or fifty.
int limit_of(const http::Request& request);
std::vector<http::QueryParameter> page_parameters(std::string_view cursor_prefix);

} // namespace keystead::host
