// app/control_socket.h
//
// How the command line speaks to a running server: a Unix socket in the data folder, mode 0600,
// whose peer must be the same user or root (SO_PEERCRED). One JSON object a line each way:
//   {"command":"account create","arguments":{…}}  →  {"ok":…} or
//   {"error":{"kind":n,"code":"…","detail":"…"}}
// Commands run one at a time on the thread "ks-control".
#pragma once

#include "app/command_table.h"
#include "app/log.h"
#include "core/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::app {

class ControlSocket {
public:
    /// Listens at <folder>/control.sock; `commands` outlives it. The caller holds the node's lock,
    /// so a socket that is there belongs to nobody and is replaced. Errors: control/unavailable.
    static Result<std::unique_ptr<ControlSocket>> listen(const std::string& folder,
                                                         const CommandTable& commands, Log& log);
    ~ControlSocket(); // Finishes the command in hand.
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    struct Impl;
    explicit ControlSocket(std::unique_ptr<Impl> impl); // listen() alone calls it

private:
    std::unique_ptr<Impl> impl_;
};

/// Sends one command to the server that runs on this folder. Nothing: none runs there. Errors:
/// those of the command, control/unavailable.
Result<std::optional<std::string>> ask_running_server(const std::string& folder,
                                                      std::string_view command,
                                                      std::string_view arguments_json);

} // namespace keystead::app
