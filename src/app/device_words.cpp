#include "app/device_words.h"

#include <utility>

namespace keystead::app {
namespace {

std::string key_of(const ClientDescription& client)
{
    std::string key;
    for (const auto* const part :
         {&client.user_agent, &client.hint_brands, &client.hint_platform, &client.hint_mobile}) {
        key.append(*part).push_back('\n');
    }
    return key;
}

std::string in_words(const client_device::DeviceDescription& device)
{
    if (device.browser.empty()) {
        return device.system;
    }
    return device.system.empty() ? device.browser : device.browser + " on " + device.system;
}

} // namespace

void DeviceWords::prepare(const ClientDescription& client)
{
    std::string key = key_of(client);
    {
        const std::lock_guard lock(mutex_);
        if (words_.contains(key)) {
            return;
        }
    }
    std::string words = in_words(devices_.describe(client));
    const std::lock_guard lock(mutex_);
    if (!words_.emplace(key, std::move(words)).second) {
        return;
    }
    oldest_first_.push_back(std::move(key));
    if (oldest_first_.size() > kRemembered) {
        words_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
}

std::string DeviceWords::words_of(const ClientDescription& client)
{
    const std::lock_guard lock(mutex_);
    const auto found = words_.find(key_of(client));
    return found != words_.end() ? found->second : in_words(client_device::combine(client, {}));
}

} // namespace keystead::app
