// app/device_words.h
//
// "Firefox on Linux": words for a client, remembered for the clients seen last. Describing may
// compile expressions (client_device_service.h), which must not happen inside a transaction:
// prepare() is called before one, and words_of() inside one only remembers.
#pragma once

#include "core/actor.h"
#include "features/client_device/client_device_service.h"

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

namespace keystead::app {

class DeviceWords {
public:
    explicit DeviceWords(client_device::ClientDeviceService& devices) : devices_(devices) {}
    /// Outside any transaction; may take 0.2 s once in a while.
    void prepare(const ClientDescription& client);
    /// From memory; what was never prepared is described by its client hints alone.
    std::string words_of(const ClientDescription& client);

private:
    static constexpr std::size_t kRemembered = 4096;
    client_device::ClientDeviceService& devices_;
    std::mutex mutex_; // guards what follows
    std::unordered_map<std::string, std::string> words_;
    std::deque<std::string> oldest_first_;
};

} // namespace keystead::app
