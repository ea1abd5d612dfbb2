// What Keystead answers to a server. What is read holds what the agent goes by: a time that ends,
// keys with a user's name, a list that OpenSSH takes for one.
#include "agent/statement.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::agent;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto statement = parse_statement(input);
        statement && (statement->expires <= statement->issued || statement->host.size() < 5)) {
        std::abort();
    }
    if (const auto content = parse_content(input)) {
        for (const AllowedKey& key : content->keys) {
            if (!is_login_user(key.login_user) ||
                !find_key(*content, key.login_user, key.fingerprint) ||
                fingerprint_of(key.base64) != key.fingerprint) {
                std::abort();
            }
        }
        if (content->krl.size() < 44) {
            std::abort();
        }
    }
    // No input is signed by a key of all zeros' making.
    if (read_snapshot(input, AnswerKey{std::byte{9}}) || read_end(input, AnswerKey{std::byte{9}})) {
        std::abort();
    }
    return 0;
}
