#include "features/client_device/client_device_service.h"

#include "core/json.h"
#include "features/client_device/user_agent_rules.h"

#include <malloc.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace keystead::client_device {

namespace {

constexpr std::chrono::minutes kQuiet{10};

void write_or_null(JsonWriter& json, std::string_view name, std::string_view text)
{
    json.key(name);
    if (text.empty()) {
        json.null();
    } else {
        json.value(text);
    }
}

} // namespace

struct ClientDeviceService::State {
    std::mutex mutex;
    std::shared_ptr<const UserAgentRules> rules; // null until asked for, and after some quiet time
    bool asked = false;                          // since the last run of the job
    std::optional<Instant> quiet_since;

    std::shared_ptr<const UserAgentRules> load()
    {
        const std::lock_guard lock(mutex); // Whoever comes while it compiles waits for it.
        asked = true;
        if (!rules) {
            rules = std::make_shared<const UserAgentRules>();
        }
        return rules;
    }
};

ClientDeviceService::ClientDeviceService() : state_(std::make_unique<State>()) {}
ClientDeviceService::~ClientDeviceService() = default;

DeviceDescription ClientDeviceService::describe(const ClientDescription& client)
{
    return combine(client, client.user_agent.empty() ? UserAgent{}
                                                     : state_->load()->find(client.user_agent));
}

Result<void> ClientDeviceService::run_once(Instant now)
{
    std::shared_ptr<const UserAgentRules> dropped;
    {
        const std::lock_guard lock(state_->mutex);
        if (std::exchange(state_->asked, false) || !state_->quiet_since) {
            state_->quiet_since = now;
        }
        if (now - *state_->quiet_since < kQuiet) {
            return {};
        }
        dropped = std::exchange(state_->rules, nullptr);
    }
    if (dropped) {
        dropped.reset();
        ::malloc_trim(0); // Thousands of small blocks: the allocator would keep their pages.
    }
    return {};
}

void write_json(JsonWriter& json, const DeviceDescription& device)
{
    json.begin_object().member("kind", device_kind_text(device.kind));
    write_or_null(json, "browser", device.browser);
    write_or_null(json, "browser_version", device.browser_version);
    write_or_null(json, "system", device.system);
    json.end_object();
}

} // namespace keystead::client_device
