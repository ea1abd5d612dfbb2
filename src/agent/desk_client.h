// agent/desk_client.h
//
// The other end of the desk's socket.
#pragma once

#include "core/result.h"

#include <chrono>
#include <string>
#include <string_view>

struct sockaddr_un;

namespace keystead::agent {

/// What the desk says when there is no such key, so that silence means that nobody is there.
inline constexpr std::string_view kNoKeyAnswer = "none\n";

/// False when the path is longer than an address may be.
bool desk_address(const std::string& run_folder, sockaddr_un& address);

/// One line to the desk, and what it says. Only root's desk is believed. Errors (Unavailable):
/// agent/no-desk.
Result<std::string> ask_desk(const std::string& run_folder, std::string_view line,
                             std::chrono::milliseconds patience);

} // namespace keystead::agent
