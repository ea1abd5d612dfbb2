#include "outgoing/client.h"

#include "storage/database.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>

#include <netinet/in.h>
#include <sys/socket.h>

namespace keystead::outgoing {
namespace {

constexpr std::size_t kHeadBytesMax = 16384;

struct FreeCurl {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, FreeCurl>;
using CurlList = std::unique_ptr<curl_slist, FreeCurl>;

bool append(CurlList& list, const std::string& line)
{
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) {
        return false;
    }
    static_cast<void>(list.release()); // The longer one owns it.
    list.reset(longer);
    return true;
}

std::optional<IpAddress> address_of(const curl_sockaddr& peer)
{
    if (peer.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &peer.addr, sizeof v4);
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
        return IpAddress::from_v4(bytes);
    }
    if (peer.family == AF_INET6) {
        sockaddr_in6 v6{};
        static_assert(sizeof v6 <= sizeof(sockaddr_storage));
        std::memcpy(&v6, &peer.addr, std::min<std::size_t>(sizeof v6, peer.addrlen));
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return IpAddress::from_v6(bytes);
    }
    return std::nullopt;
}

/// What the callbacks of one transfer share.
struct Transfer {
    const AddressPolicy& policy;
    const std::vector<IpAddress>& checked;
    BodyUse use;
    std::size_t body_bytes_max;
    CURL* handle = nullptr;
    std::string body = {};
    std::size_t head_bytes = 0;
    bool refused = false;
    bool too_large = false;
    bool body_left = false;
    bool is_interim = false; // the head that is coming in, a status 1xx
    std::optional<std::chrono::seconds> retry_after = {};
};

/// The last word on where a connection goes: what stands here is what connect() is called with.
curl_socket_t open_socket(void* state, curlsocktype purpose, curl_sockaddr* peer)
{
    auto& transfer = *static_cast<Transfer*>(state);
    const auto address = address_of(*peer);
    bool may = purpose == CURLSOCKTYPE_IPCXN && address;
#ifndef KEYSTEAD_WITHOUT_OUTGOING_SOCKET_CHECK
    may = may && transfer.policy.permits(*address) &&
          std::ranges::find(transfer.checked, *address) != transfer.checked.end();
#endif
    if (!may) {
        transfer.refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

std::string_view trim_line(std::string_view line)
{
    return line.substr(0, line.find_last_not_of("\r\n") + 1);
}

std::size_t take_head(char* bytes, std::size_t size, std::size_t count, void* state)
{
    auto& transfer = *static_cast<Transfer*>(state);
    const std::string_view line(bytes, size * count);
    transfer.head_bytes += line.size();
    if (transfer.head_bytes > kHeadBytesMax) {
        transfer.too_large = true;
        return 0;
    }
    constexpr std::string_view kRetryAfter = "retry-after:";
    if (line.starts_with("HTTP/")) {
        transfer.retry_after.reset(); // Of an interim answer.
        const auto status = line.substr(std::min(line.find(' '), line.size() - 1) + 1);
        transfer.is_interim = status.starts_with('1');
    }
    if (transfer.use == BodyUse::Leave && !transfer.is_interim && trim_line(line).empty()) {
        transfer.body_left = true; // A body may dribble for as long as it likes.
        return 0;
    }
    const auto name = line.substr(0, std::min(line.size(), kRetryAfter.size()));
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    if (std::ranges::equal(name, kRetryAfter, {}, lower)) {
        auto value = line.substr(kRetryAfter.size());
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        std::uint32_t seconds = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc{}) {
            transfer.retry_after = std::chrono::seconds{seconds};
        }
    }
    return line.size();
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* state)
{
    auto& transfer = *static_cast<Transfer*>(state);
    const std::size_t length = size * count;
    if (transfer.use == BodyUse::Leave) {
        transfer.body_left = true;
        return 0;
    }
    if (length > transfer.body_bytes_max - transfer.body.size()) {
        transfer.too_large = true;
        return 0;
    }
    transfer.body.append(bytes, length);
    return length;
}

/// Options of which one not taken would open a hole: then nothing is sent at all.
class Options {
public:
    explicit Options(CURL* handle) : handle_(handle) {}
    template <class T> void set(CURLoption option, T value)
    {
        fine_ = curl_easy_setopt(handle_, option, value) == CURLE_OK && fine_;
    }
    bool fine() const { return fine_; }

private:
    CURL* handle_;
    bool fine_ = true;
};

bool keep_to_the_target(CURL* handle, const Target& target, Transfer& transfer, CurlList& pinned)
{
    Options options(handle);
    options.set(CURLOPT_URL, target.url.c_str());
    options.set(CURLOPT_PROTOCOLS_STR, target.is_encrypted ? "https" : "http");
    options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    options.set(CURLOPT_FOLLOWLOCATION, 0L);
    options.set(CURLOPT_PROXY, "");    // also keeps libcurl from the environment's proxy variables
    options.set(CURLOPT_NOPROXY, "*"); // and this says so twice
    options.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    options.set(CURLOPT_NOSIGNAL, 1L);
    options.set(CURLOPT_FRESH_CONNECT, 1L);
    options.set(CURLOPT_FORBID_REUSE, 1L);
    options.set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    options.set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
    if (!target.literal) {
        std::string line = target.host + ":" + std::to_string(target.port) + ":";
        for (const IpAddress& address : transfer.checked) {
            line += (line.ends_with(':') ? "" : ",") +
                    (address.is_v4() ? address.text() : "[" + address.text() + "]");
        }
        if (!append(pinned, line)) {
            return false;
        }
        options.set(CURLOPT_RESOLVE, pinned.get());
    }
    return options.fine();
}

bool bound(CURL* handle, const ClientOptions& limits, Transfer& transfer)
{
    Options options(handle);
    options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.time_max.count()));
    options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.time_max.count()));
    options.set(CURLOPT_SSL_VERIFYPEER, 1L);
    options.set(CURLOPT_SSL_VERIFYHOST, 2L);
    options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!limits.ca_file.empty()) {
        options.set(CURLOPT_CAINFO, limits.ca_file.c_str());
        options.set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    }
    options.set(CURLOPT_HEADERFUNCTION, take_head);
    options.set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    options.set(CURLOPT_WRITEFUNCTION, take_body);
    options.set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    options.set(CURLOPT_USERAGENT, limits.user_agent.c_str());
    return options.fine();
}

bool set_request(CURL* handle, const Call& call, CurlList& headers)
{
    Options options(handle);
    bool fine = append(headers, "Expect:"); // No waiting for "100 Continue".
    for (const auto& [name, value] : call.headers) {
        KS_ASSERT(value.find_first_of("\r\n") == std::string_view::npos);
        fine = append(headers, std::string(name) + ": " + std::string(value)) && fine;
    }
    options.set(CURLOPT_HTTPHEADER, headers.get());
    if (call.post) {
        options.set(CURLOPT_POST, 1L);
        options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.post->size()));
        options.set(CURLOPT_POSTFIELDS, call.post->data());
    }
    return fine && options.fine();
}

Outcome outcome_of(CURLcode code, const Transfer& transfer)
{
    if (transfer.too_large) {
        return Outcome::AnswerTooLarge;
    }
    if (code == CURLE_OK || transfer.body_left) {
        return Outcome::Answered;
    }
    if (transfer.refused) {
        return Outcome::Refused;
    }
    const bool is_tls = code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
                        code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM ||
                        code == CURLE_SSL_CIPHER || code == CURLE_SSL_ISSUER_ERROR;
    if (is_tls) {
        return Outcome::TlsFailed;
    }
    return code == CURLE_OPERATION_TIMEDOUT ? Outcome::TimedOut : Outcome::Unreachable;
}

Answer not_set_up()
{
    return {.outcome = Outcome::Unreachable, .cause = "libcurl does not take these options"};
}

} // namespace

std::string_view words_of(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Answered: return "It answered.";
    case Outcome::Refused:
    case Outcome::NoAddress:
        return "The name does not lead to a public address, and this server calls no others.";
    case Outcome::Unreachable: return "No connection, or it broke before an answer.";
    case Outcome::TlsFailed: return "TLS failed: the certificate is not valid for this name.";
    case Outcome::TimedOut: return "No answer within the time.";
    case Outcome::AnswerTooLarge: return "The answer was too large.";
    }
    std::abort();
}

Client::Client(std::unique_ptr<Resolver> resolver, std::unique_ptr<const AddressPolicy> policy,
               ClientOptions options)
    : resolver_(std::move(resolver)), policy_(std::move(policy)), options_(std::move(options))
{
    static std::once_flag once; // libcurl's own state; to be prepared before threads use it.
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

bool Client::is_opened_for(NamedBy named_by) const
{
#ifdef KEYSTEAD_WITHOUT_OUTGOING_NAMED_BY
    return true;
#endif
    return options_.opened_for_anybody || named_by == NamedBy::Operator;
}

const AddressPolicy& Client::policy_for(NamedBy named_by) const
{
    return is_opened_for(named_by) ? *policy_ : outside_;
}

Result<Target> Client::check(std::string_view url, NamedBy named_by) const
{
    static const std::vector<std::string> none;
    KS_TRY(Target target,
           parse_target(url, is_opened_for(named_by) ? options_.clear_text_hosts : none));
    if (target.literal && !policy_for(named_by).permits(*target.literal)) {
        return Error{ErrorKind::InvalidInput, "outgoing/inside-address",
                     "This is " + std::string(words_of(classify(*target.literal))) +
                         "; only public addresses are called."};
    }
    return target;
}

Result<std::vector<IpAddress>> Client::addresses_of(const Target& target) const
{
    if (target.literal) {
        return std::vector<IpAddress>{*target.literal};
    }
    return resolver_->resolve(target.host);
}

Result<Answer> Client::send(const Call& call) const
{
    assert_no_transaction();
    KS_TRY(const Target target, check(call.url, call.named_by));
    const auto addresses = addresses_of(target);
    if (!addresses) {
        return Answer{.outcome = Outcome::NoAddress, .cause = addresses.error().cause};
    }
#ifndef KEYSTEAD_WITHOUT_OUTGOING_ADDRESS_CHECK
    // One inside address among public ones is no accident to be worked around.
    for (const IpAddress& address : *addresses) {
        if (!policy_for(call.named_by).permits(address)) {
            return Answer{.outcome = Outcome::Refused,
                          .cause = target.host + " leads to " + address.text() + ", " +
                                   std::string(words_of(classify(address)))};
        }
    }
#endif
    return perform(call, target, *addresses);
}

Answer Client::perform(const Call& call, const Target& target,
                       const std::vector<IpAddress>& addresses) const
{
    const CurlHandle handle(curl_easy_init());
    CurlList pinned;
    CurlList headers;
    Transfer transfer{.policy = policy_for(call.named_by),
                      .checked = addresses,
                      .use = call.body,
                      .body_bytes_max = options_.answer_bytes_max};
    if (!handle || !keep_to_the_target(handle.get(), target, transfer, pinned) ||
        !bound(handle.get(), options_, transfer) || !set_request(handle.get(), call, headers)) {
        return not_set_up();
    }
    const CURLcode code = curl_easy_perform(handle.get());
    Answer answer{.outcome = outcome_of(code, transfer), .body = std::move(transfer.body)};
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    answer.retry_after = transfer.retry_after;
    if (answer.outcome != Outcome::Answered) {
        answer.body.clear();
        answer.cause = curl_easy_strerror(code);
    }
    return answer;
}

std::unique_ptr<Client> make_client(const OutgoingSettings& settings)
{
    return std::make_unique<Client>(
        make_resolver(parse_name_server(settings.name_server)),
        std::make_unique<AddressPolicy>(settings.allowed_addresses),
        ClientOptions{.ca_file = settings.ca_file,
                      .clear_text_hosts = settings.clear_text_hosts,
                      .opened_for_anybody = settings.allowed_for_accounts});
}

} // namespace keystead::outgoing
