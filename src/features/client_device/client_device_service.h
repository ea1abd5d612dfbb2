// features/client_device/client_device_service.h
//
// Describes a client for people. The expressions behind it take some 40 MiB when compiled, so they
// are compiled at first use and let go again after some quiet time; callers store the result, not
// the header lines. Safe from any thread.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/result.h"
#include "features/client_device/client_device.h"

#include <memory>

namespace keystead {
class JsonWriter;
}

namespace keystead::client_device {

class ClientDeviceService {
public:
    ClientDeviceService();
    ~ClientDeviceService();
    ClientDeviceService(const ClientDeviceService&) = delete;
    ClientDeviceService& operator=(const ClientDeviceService&) = delete;

    /// Never fails: what is not understood is Unknown with empty strings. The first call compiles
    /// (about 0.2 s), so no inline handler and no open transaction may call it.
    DeviceDescription describe(const ClientDescription& client);
    /// Lets the compiled expressions go when nobody asked for ten minutes. A job, about once a
    /// minute.
    Result<void> run_once(Instant now);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// {"kind":…, "browser":…|null, "browser_version":…|null, "system":…|null}
void write_json(JsonWriter& json, const DeviceDescription& device);

} // namespace keystead::client_device
