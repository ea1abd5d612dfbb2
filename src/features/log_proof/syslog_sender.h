// features/log_proof/syslog_sender.h
//
// Sends one checkpoint as one syslog message (RFC 5424): over UDP (RFC 5426), TCP with counted
// octets (RFC 6587 §3.4.1) or a local datagram socket such as /dev/log. Waits two seconds at most
// for a peer; keeps no connection. For TLS let a local syslog daemon forward. Called inside no
// transaction.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "features/log_proof/checkpoint.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::log_proof {

struct SyslogTarget {
    enum class Transport : std::uint8_t { Udp, Tcp, Local };
    Transport transport = Transport::Udp;
    std::string host; // or the path of a local socket
    std::string port;

    /// "udp://host:514", "tcp://host:601", "udp://[::1]:514", "unix:/dev/log".
    static std::optional<SyslogTarget> parse(std::string_view text);
};

/// "<109>1 time host keystead - checkpoint - {…}": facility log audit (13), severity notice (5).
/// The message is JSON on one line, since receivers treat line breaks differently.
std::string syslog_message(const Checkpoint& checkpoint, std::string_view note,
                           std::string_view host_name, Instant now);

/// Errors: audit/syslog-unreachable (Unavailable). UDP tells of no loss.
Result<void> send_syslog(const SyslogTarget& target, const std::string& message);

} // namespace keystead::log_proof
