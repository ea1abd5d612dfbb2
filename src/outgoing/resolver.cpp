#include "outgoing/resolver.h"

#include "outgoing/dns_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

namespace keystead::outgoing {
namespace {

constexpr std::size_t kHostsBytesMax = 1 << 16;
constexpr int kAnswerSeconds = 2; // of one name server; glibc doubles it for the next one
constexpr int kNameServersMax = 2;

/// What libc knows of name servers, read anew; closed at the end.
class ResolverState {
public:
    ResolverState() : ready_(res_ninit(&state_) == 0) {}
    ~ResolverState()
    {
        if (ready_) {
            res_nclose(&state_);
        }
    }
    ResolverState(const ResolverState&) = delete;
    ResolverState& operator=(const ResolverState&) = delete;

    bool prepare(const std::optional<NameServer>& name_server)
    {
        if (!ready_) {
            return false;
        }
        state_.retrans = kAnswerSeconds;
        state_.retry = 1;
        state_.options |= RES_IGNTC; // Over TCP libc would wait without end; 512 bytes hold enough.
        state_.nscount = std::min(state_.nscount, kNameServersMax);
        if (name_server) {
            sockaddr_in server{};
            server.sin_family = AF_INET;
            server.sin_port = htons(name_server->port);
            std::memcpy(&server.sin_addr, name_server->address.bytes().data(),
                        sizeof server.sin_addr);
            state_.nsaddr_list[0] = server;
            state_.nscount = 1;
        }
        return true;
    }
    enum class Outcome : std::uint8_t { Answered, NoServer };
    Outcome ask(const std::string& host, int type, std::vector<IpAddress>& found)
    {
        std::array<unsigned char, NS_PACKETSZ * 8> answer{};
        const int length = res_nquery(&state_, host.c_str(), ns_c_in, type, answer.data(),
                                      static_cast<int>(answer.size()));
        if (length < 0) {
            return state_.res_h_errno == TRY_AGAIN ? Outcome::NoServer : Outcome::Answered;
        }
        const auto size = std::min(answer.size(), static_cast<std::size_t>(length));
        if (const auto addresses = addresses_in(std::as_bytes(std::span(answer.data(), size)))) {
            found.insert(found.end(), addresses->begin(), addresses->end());
        }
        return Outcome::Answered;
    }

private:
    struct __res_state state_ {};
    bool ready_;
};

class SystemResolver final : public Resolver {
public:
    SystemResolver(std::optional<NameServer> name_server, std::string hosts_file)
        : name_server_(name_server), hosts_file_(std::move(hosts_file))
    {
    }

    Result<std::vector<IpAddress>> resolve(const std::string& host) override
    {
        std::vector<IpAddress> found = listed(host);
        ResolverState state;
        if (found.empty() && state.prepare(name_server_)) {
            using enum ResolverState::Outcome;
            if (state.ask(host, ns_t_a, found) == Answered) { // No use in asking the dead twice.
                state.ask(host, ns_t_aaaa, found);
            }
        }
        if (found.empty()) {
            return Error{.kind = ErrorKind::Unavailable,
                         .code = "outgoing/no-address",
                         .detail = "This name has no address.",
                         .cause = "no address for " + host};
        }
        return found;
    }

private:
    std::vector<IpAddress> listed(const std::string& host) const
    {
        std::ifstream file(hosts_file_);
        std::string text(kHostsBytesMax, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
        return addresses_in_hosts(text, host);
    }

    std::optional<NameServer> name_server_;
    std::string hosts_file_;
};

/// The next word of a line, which loses it.
std::string_view take_word(std::string_view& line)
{
    constexpr std::string_view kBlank = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    const auto word = line.substr(0, line.find_first_of(kBlank));
    line.remove_prefix(word.size());
    return word;
}

bool is_same_name(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

} // namespace

std::vector<IpAddress> addresses_in_hosts(std::string_view text, std::string_view host)
{
    std::vector<IpAddress> found;
    while (!text.empty() && found.size() < kAddressesMax) {
        const auto whole = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(whole.size() + 1, text.size()));
        auto line = whole.substr(0, whole.find('#'));
        const auto address = IpAddress::parse(take_word(line));
        for (auto name = take_word(line); address && !name.empty(); name = take_word(line)) {
            if (is_same_name(name, host)) {
                found.push_back(*address);
                break;
            }
        }
    }
    std::ranges::stable_sort(
        found, [](const IpAddress& a, const IpAddress& b) { return a.is_v4() && !b.is_v4(); });
    return found;
}

std::optional<NameServer> parse_name_server(std::string_view text)
{
    const auto colon = text.find(':');
    const auto address = IpAddress::parse(text.substr(0, colon));
    if (!address || !address->is_v4()) {
        return std::nullopt;
    }
    NameServer server{.address = *address};
    if (colon != std::string_view::npos) {
        const auto digits = text.substr(colon + 1);
        const char* const end = digits.data() + digits.size();
        const auto [stopped, error] = std::from_chars(digits.data(), end, server.port);
        if (error != std::errc{} || stopped != end || server.port == 0) {
            return std::nullopt;
        }
    }
    return server;
}

std::unique_ptr<Resolver> make_resolver(std::optional<NameServer> name_server,
                                        std::string hosts_file)
{
    return std::make_unique<SystemResolver>(name_server, std::move(hosts_file));
}

} // namespace keystead::outgoing
