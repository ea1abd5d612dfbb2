// features/ssh_key/ssh_key_view_routes.h
//
// How SSH keys look in answers, and the schemas that say so.
#pragma once

#include "core/json.h"
#include "core/settings.h"
#include "features/ssh_key/compromise_challenge.h"
#include "features/ssh_key/ssh_key.h"
#include "http/schema.h"

namespace keystead::ssh_key {

http::Schema ssh_key_schema();
http::Schema options_schema();
http::Schema challenge_schema();

struct SshKeyView {
    const SshKey& key;
    const SshKeySettings& settings;
    Instant now;
};
void write_ssh_key(JsonWriter& json, const SshKeyView& view);
void write_options(JsonWriter& json, const SshKeySettings& settings);
void write_challenge(JsonWriter& json, const Challenge& challenge);

} // namespace keystead::ssh_key
