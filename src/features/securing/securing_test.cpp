#include "features/securing/securing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keystead::securing {
namespace {

TEST(Securing, StandsAtTheFirstStepThatIsNotDone)
{
    Progress progress;
    EXPECT_EQ(progress.current(), std::nullopt);
    progress.left = {0, 0, 2, 1, 0, 7};
    EXPECT_EQ(progress.current(), Step::Tokens);
    progress.left = {1, 0, 2, 1, 0, 7};
    EXPECT_EQ(progress.current(), Step::Password);
    progress.left = {0, 0, 0, 0, 0, 1};
    EXPECT_EQ(progress.current(), Step::Activity);
}

TEST(Securing, NamesEachStepOnce)
{
    for (const Step one : kSteps) {
        for (const Step other : kSteps) {
            EXPECT_EQ(one == other, text_of(one) == text_of(other));
        }
    }
}

// guards: what changes a credential is looked at by itself, as is whatever is not known here; what
// belongs to another line is none
TEST(Securing, KnowsWhatIsGrave)
{
    for (const auto* const action :
         {"token.create", "ssh_key.add", "account.email-change", "password.change", "totp.confirm",
          "backup_code.confirm", "account.export", "host.create", "thing.to-come"}) {
        EXPECT_EQ(kind_of(action), LineKind::Grave) << action;
    }
    for (const auto* const action : {"session.create", "product_event.record"}) {
        EXPECT_EQ(kind_of(action), LineKind::Usual) << action;
    }
    for (const auto* const action : {"session.renew", "sign-in.attempt"}) {
        EXPECT_EQ(kind_of(action), LineKind::Part) << action;
    }
}

TEST(Securing, NamesTheActionsOfEachKindOnce)
{
    const auto all = names_of(LineKind::Grave); // all that are not
    EXPECT_LE(all.size(), 48U) << "as many as the audit log takes";
    EXPECT_EQ(all.size(), names_of(LineKind::Usual).size() + names_of(LineKind::Part).size());
    for (const auto name : all) {
        EXPECT_EQ(std::ranges::count(all, name), 1) << name;
        EXPECT_NE(kind_of(name), LineKind::Grave) << name;
    }
}

} // namespace
} // namespace keystead::securing
