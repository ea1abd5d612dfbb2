#include "features/place/place_service.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/place/builtin_database.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace keystead::place {

namespace {

constexpr std::size_t kCityBytesMax = 128;

Error no_database(std::string cause)
{
    return {.kind = ErrorKind::InvalidInput,
            .code = "place/no-database",
            .detail = "The place database cannot be opened: it is absent or no MaxMind DB file.",
            .cause = std::move(cause)};
}

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File()
    {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    bool is_open() const { return descriptor_ >= 0; }
    int descriptor() const { return descriptor_; }
    bool write_all(ByteView bytes) const
    {
        while (!bytes.empty()) {
            const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) {
                continue;
            }
            if (written <= 0) {
                return false;
            }
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
        return true;
    }

private:
    int descriptor_;
};

/// A file without a name, gone with its last reader. On disk its pages can be dropped; where the
/// file system has no nameless files it is memory.
int nameless_file(const std::string& folder)
{
    const int on_disk = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return on_disk >= 0 ? on_disk : ::memfd_create("keystead-country", MFD_CLOEXEC);
}

/// A text of the record at `path`; nothing when it is absent or no UTF-8 text.
template <class... Path> std::optional<std::string> text_at(MMDB_entry_s& entry, Path... path)
{
    MMDB_entry_data_s data{};
    if (MMDB_get_value(&entry, &data, path..., nullptr) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING) {
        return std::nullopt;
    }
    std::string text(data.utf8_string, data.data_size);
    return is_valid_utf8(text) ? std::optional(std::move(text)) : std::nullopt;
}

bool is_country_code(std::string_view text)
{
    return text.size() == 2 &&
           std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

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

struct PlaceService::State {
    MMDB_s database{};
    ~State() { MMDB_close(&database); }

    /// Nothing when the database has no record for the address.
    std::optional<MMDB_entry_s> look_up(const IpAddress& address) const
    {
        sockaddr_in v4{};
        sockaddr_in6 v6{};
        v4.sin_family = AF_INET;
        v6.sin6_family = AF_INET6;
        std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof v4.sin_addr);
        std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
        const auto* generic = address.is_v4() ? reinterpret_cast<const sockaddr*>(&v4)
                                              : reinterpret_cast<const sockaddr*>(&v6);
        int error = MMDB_SUCCESS;
        const MMDB_lookup_result_s result = MMDB_lookup_sockaddr(&database, generic, &error);
        return error == MMDB_SUCCESS && result.found_entry ? std::optional(result.entry)
                                                           : std::nullopt;
    }
};

PlaceService::PlaceService(std::unique_ptr<State> state) : state_(std::move(state)) {}
PlaceService::~PlaceService() = default;

Result<std::unique_ptr<PlaceService>> PlaceService::open(const std::string& path,
                                                         const std::string& data_folder)
{
    const File builtin(path.empty() ? nameless_file(data_folder) : -1);
    if (path.empty() && (!builtin.is_open() || !builtin.write_all(builtin_database()))) {
        return no_database("the built-in database cannot be laid out");
    }
    const std::string file =
        path.empty() ? "/proc/self/fd/" + std::to_string(builtin.descriptor()) : path;
    auto state = std::make_unique<State>();
    MMDB_s opened{};
    if (const int status = MMDB_open(file.c_str(), MMDB_MODE_MMAP, &opened);
        status != MMDB_SUCCESS) {
        return no_database(file + ": " + MMDB_strerror(status));
    }
    state->database = opened;
    return std::unique_ptr<PlaceService>(new PlaceService(std::move(state)));
}

Place PlaceService::find(const IpAddress& address) const
{
    if (address.is_private()) {
        return {.kind = PlaceKind::Local};
    }
    auto entry = state_->look_up(address);
    if (!entry) {
        return {};
    }
    auto code = text_at(*entry, "country_code"); // the built-in layout
    if (!code) {
        code = text_at(*entry, "country", "iso_code"); // MaxMind's
    }
    if (!code || !is_country_code(*code)) {
        return {};
    }
    std::string name(country_name(*code).value_or(*code));
    auto city = text_at(*entry, "city", "names", "en");
    if (!city) {
        city = text_at(*entry, "city"); // flat layouts that others make
    }
    return {.kind = PlaceKind::Country,
            .country_code = *std::move(code),
            .country_name = std::move(name),
            .city = city && city->size() <= kCityBytesMax ? *std::move(city) : std::string()};
}

std::string_view place_kind_text(PlaceKind kind)
{
    switch (kind) {
    case PlaceKind::Unknown: return "unknown";
    case PlaceKind::Country: return "country";
    case PlaceKind::Local: return "local";
    }
    std::abort();
}

void write_json(JsonWriter& json, const Place& place)
{
    json.begin_object().member("kind", place_kind_text(place.kind));
    write_or_null(json, "country", place.country_code);
    write_or_null(json, "country_name", place.country_name);
    write_or_null(json, "city", place.city);
    json.end_object();
}

} // namespace keystead::place
