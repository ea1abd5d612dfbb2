// Accounts that have all that an account can have: sessions, API tokens, SSH keys and enrolled
// servers, made by the real services. Mail about them is dropped, so that a server which starts on
// them has nothing to send.
#include "test/bench/tool/commands.h"
#include "test/bench/tool/world.h"

#include "core/encoding.h"

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <variant>

namespace keystead::bench {
namespace {

struct Counts {
    std::uint64_t sessions;
    std::uint64_t tokens;
    std::uint64_t keys;
    std::uint64_t servers;
};

/// Ed25519 in its wire form (RFC 8709 §4); nobody has the private half.
ssh_key::PublicKey random_key(Random& random)
{
    constexpr std::string_view kType = "ssh-ed25519";
    constexpr std::size_t kBytes = 32;
    const auto append_size = [](Bytes& out, std::size_t size) {
        out.insert(out.end(), 3, std::byte{0});
        out.push_back(static_cast<std::byte>(size));
    };
    ssh_key::PublicKey key{.type = ssh_key::KeyType::Ed25519, .bits = 256, .blob = {}};
    append_size(key.blob, kType.size());
    const ByteView name = as_bytes(kType);
    key.blob.insert(key.blob.end(), name.begin(), name.end());
    append_size(key.blob, kBytes);
    const std::size_t begin = key.blob.size();
    key.blob.resize(begin + kBytes);
    random.fill(std::span(key.blob).subspan(begin));
    return key;
}

/// Answers "cookie-value anti-forgery-token" of the newest session.
std::string add_credentials(World& world, WriteTx& tx, const account::Account& account,
                            const Counts& counts)
{
    const Actor actor = browser_of(account.id);
    for (std::uint64_t i = 0; i < counts.tokens; ++i) {
        must(world.features->tokens.create(
            tx, actor, account.id,
            {.name = "token " + std::to_string(i), .kind = api_token::Kind::Admin}));
    }
    for (std::uint64_t i = 0; i < counts.keys; ++i) {
        must(world.features->ssh_keys.add(
            tx, actor, account.id,
            {.name = "key " + std::to_string(i), .key = random_key(world.foundation->random)}));
    }
    std::string newest;
    for (std::uint64_t i = 0; i < counts.sessions; ++i) {
        const auto made = must(make_session(world, tx, account));
        const auto* const established = std::get_if<session::Established>(&made);
        KS_ASSERT(established != nullptr);
        newest = std::string(established->token.reveal_text()) + ' ' + established->csrf_token;
    }
    return newest;
}

host::Enrolled enroll(World& world, WriteTx& tx, const account::Account& account,
                      const host::Made& made)
{
    const auto token = world.features->hosts.parse_enrolment(made.enrolment.reveal_text());
    KS_ASSERT(token);
    return must(world.features->hosts.enroll(tx, browser_of(account.id), {made.host.id, account.id},
                                             token->digest, {.agent_version = "bench"}));
}

/// A line "digest-of-what-it-has token" for each.
void add_servers(World& world, WriteTx& tx, const account::Account& account, std::uint64_t count,
                 std::ostream& lines)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto made = must(world.features->hosts.create(tx, browser_of(account.id), account.id,
                                                            {.name = "gpu-" + std::to_string(i),
                                                             .login_users = {"root"},
                                                             .keys = std::nullopt,
                                                             .by = host::CreatedBy::Product}));
        const host::Enrolled enrolled = enroll(world, tx, account, made);
        const auto host = must(world.features->hosts.find_or_refuse(tx, account.id, made.host.id));
        const auto content = must(world.features->host_contents.read(tx, host));
        lines << hex_encode(content->digest) << ' ' << enrolled.token.reveal_text() << '\n';
    }
}

} // namespace

int seed_people(const Arguments& arguments)
{
    World world = open_world();
    must(world.features->open());
    const auto count = arguments.number("--count");
    const Counts counts{.sessions = arguments.number("--sessions"),
                        .tokens = arguments.number("--tokens"),
                        .keys = arguments.number("--keys"),
                        .servers = arguments.number("--servers")};
    std::ofstream sessions(arguments.text("--session-file"), std::ios::binary);
    std::ofstream servers(arguments.text("--server-file"), std::ios::binary);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto account = make_account(world, "person-" + std::to_string(i) + "@example.test");
        must(world.database().write([&](WriteTx& tx) -> Result<void> {
            sessions << add_credentials(world, tx, account, counts) << '\n';
            add_servers(world, tx, account, counts.servers, servers);
            return {};
        }));
    }
    must(world.database().upkeep([](UpkeepTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int dropped, tx.exec("DELETE FROM outbox"));
        return {};
    }));
    std::printf("{\"people\":%llu}\n", static_cast<unsigned long long>(count));
    return sessions.good() && servers.good() ? 0 : 1;
}

} // namespace keystead::bench
