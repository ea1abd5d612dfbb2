// test/support/peopled_world.h
//
// The world of all features, and the people whom flows begin with. Compiled into the tests of app/
// alone.
#pragma once

#include "test/support/app_world.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::test {

inline constexpr std::string_view kPassword = "Correct-Horse-7-Battery";

/// The text of a member that must be there.
std::string member_text(const JsonValue& value, std::string_view name);
/// {"name": "value", …}
std::string json_object(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members);

struct Person {
    Visitor visitor = {};
    std::string email = {};
    std::string id = {};
    std::string totp_id = {};
    std::string totp_secret = {};
    std::vector<std::string> backup_codes = {};
    std::string token = {};  // of a link, or an id: what the flow acts on
    std::string secret = {}; // that goes with it
};

/// The world, and the people whom flows begin with. Whatever fails in here ends the test program.
class PeopledWorld : public AppWorld {
public:
    using AppWorld::AppWorld;

    std::string new_email() { return "person" + std::to_string(++people_) + "@example.test"; }
    JsonValue must(Visitor& visitor, std::string_view line, std::string_view json = "{}");
    /// Holds the link of a sign-up.
    Person invited();
    /// Signed in.
    Person person();
    /// Signed in, with an authenticator whose next step is unused, and backup codes.
    Person enrolled();
    Person operated();
    void begin_enrollment(Person& person);
    /// Signed in once more, on another device: answers that visitor.
    Visitor sign_in(const Person& person);
    /// The session of `visitor`, as others name it.
    std::string session_of(const Visitor& visitor);
    /// Guesses count over a loop that tries again and again; where that is not the subject.
    void forget_attempts();

private:
    int people_ = 0;
};

} // namespace keystead::test
