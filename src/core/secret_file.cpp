#include "core/secret_file.h"

#include <cstdio>
#include <memory>
#include <string_view>

namespace keystead {

std::optional<Secret> read_secret_line(const std::string& path)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               &std::fclose);
    if (!file) {
        return std::nullopt;
    }
    std::setbuf(file.get(), nullptr); // A buffer of its own would keep a copy.
    Secret buffer(kSecretLineBytesMax + 2);
    const auto into = buffer.writable();
    const std::size_t count = std::fread(into.data(), 1, into.size(), file.get());
    std::string_view line = buffer.reveal_text().substr(0, count);
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    if (line.empty() || line.size() > kSecretLineBytesMax) {
        return std::nullopt;
    }
    return Secret::copy_of(line);
}

} // namespace keystead
