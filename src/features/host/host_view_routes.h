// features/host/host_view_routes.h
//
// How servers, their enrolments and logins look in JSON. No route of its own.
#pragma once

#include "core/json.h"
#include "features/host/enrolment_words.h"
#include "features/host/host_report_service.h"
#include "features/host/host_service.h"
#include "features/place/place_service.h"
#include "http/response.h"
#include "http/schema.h"

#include <map>
#include <string>
#include <vector>

namespace keystead::host {

http::Schema host_schema();
http::Schema made_schema();
http::Schema enrolled_schema();
http::Schema login_schema();
http::Schema key_servers_schema();

/// Names of keys, of those that the account still has.
using KeyNames = std::map<SshKeyId, std::string>;

/// Into an object that is open.
void write_members(JsonWriter& json, const HostView& view, Instant now);
void write_host(JsonWriter& json, const HostView& view, Instant now);
http::Response host_response(int status, const HostView& view, Instant now);
/// The token of an enrolment stands in it three times: the writer has its room from the start.
void write_made(JsonWriter& json, const HostView& view, const Made& made,
                const EnrolmentWords& words, Instant now);
void write_login(JsonWriter& json, const Login& login, const KeyNames& names,
                 const place::PlaceService& places);
void write_key_servers(JsonWriter& json, const KeyServers& servers, const KeyNames& names,
                       const place::PlaceService& places);

/// A page of a list whose pages hold `limit`.
http::Response login_page(const std::vector<Login>& logins, const KeyNames& names,
                          const place::PlaceService& places, int limit);

} // namespace keystead::host
