// app/feature_commands.h
//
// The commands of an operator at this machine that concern accounts and service clients. Their
// names and options are declared in verbs.cpp.
#pragma once

#include "app/command_table.h"
#include "app/features.h"

#include <string>

namespace keystead::app {

void add_feature_commands(CommandTable& table, Features& features);

/// By id or e-mail address. Errors: account/not-found, account/email-invalid.
Result<account::Account> named_account(ReadTx& tx, Features& features, std::string_view name);

/// The address of the UI's page for a one-time token: base URL, base path, path, token in the
/// fragment.
std::string link_url(const Settings& settings, std::string_view path, const Secret& token);

} // namespace keystead::app
