#include "features/permission/permission_service.h"

#include "test/support/recorders.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

namespace keystead::permission {
namespace {

class Permissions : public testing::TestWithParam<Database::Engine> {
protected:
    PermissionSettings catalogue(std::vector<NamedPermission> names, std::string full = {})
    {
        return {.catalogue = std::move(names), .full_access = std::move(full)};
    }
    test::TestDatabase database_{GetParam()};
    test::RecordingAudit audit_;
    PermissionStore store_;
};

// guards: a number keeps its meaning when the catalogue changes
TEST_P(Permissions, KeepTheirNumbersWhenTheCatalogueChanges)
{
    const auto first = catalogue({{"view", "View"}, {"deploy", "Deploy"}});
    PermissionService before(store_, audit_, first);
    ASSERT_TRUE(before.open(*database_));
    const auto deploy = *before.find("deploy");
    EXPECT_EQ(before.find("view"), Permission{1});

    const auto second = catalogue({{"logs", "Logs"}, {"deploy", "Deploy"}});
    PermissionService after(store_, audit_, second);
    ASSERT_TRUE(after.open(*database_));
    EXPECT_EQ(after.find("deploy"), deploy);
    EXPECT_EQ(after.find("logs"), Permission{3});
    EXPECT_FALSE(after.find("view"));
    // What left the catalogue is worth nothing.
    EXPECT_EQ(after.effective(PermissionSet{}.with(Permission{1})), PermissionSet{});
}

// guards: full access contains all; nothing else contains more than itself
TEST_P(Permissions, CountFullAccessAsAll)
{
    const auto settings = catalogue({{"view", "View"}, {"all", "All"}}, "all");
    PermissionService service(store_, audit_, settings);
    ASSERT_TRUE(service.open(*database_));
    const auto view = PermissionSet{}.with(*service.find("view"));
    const auto full = PermissionSet{}.with(*service.find("all"));
    EXPECT_EQ(service.effective(full), service.all());
    EXPECT_TRUE(service.effective(full).has(kReadAccount));
    EXPECT_EQ(service.effective(view), view);
    EXPECT_EQ(service.scope_of(service.all()), "view all read-account");
}

// guards: before it is opened, nothing is allowed
TEST_P(Permissions, AllowNothingBeforeTheyAreRead)
{
    const auto settings = catalogue({{"all", "All"}}, "all");
    const PermissionService service(store_, audit_, settings);
    EXPECT_TRUE(service.effective(PermissionSet::from_bits(~std::uint64_t{0})).empty());
    EXPECT_FALSE(service.find("all"));
}

// guards: a set is refused as a whole when a name is unknown
TEST_P(Permissions, RefuseUnknownNames)
{
    const auto settings = catalogue({{"view", "View"}});
    PermissionService service(store_, audit_, settings);
    ASSERT_TRUE(service.open(*database_));
    const std::vector<std::string> known{"view"};
    const std::vector<std::string> unknown{"view", "nothing"};
    EXPECT_TRUE(service.set_of(known));
    EXPECT_FALSE(service.set_of(unknown));
}

// guards: numbers run out instead of being used again
TEST_P(Permissions, RunOutInsteadOfStartingAgain)
{
    for (int round = 0; round < 2; ++round) {
        std::vector<NamedPermission> names;
        for (int i = 0; i < 40; ++i) {
            names.push_back({"p" + std::to_string(round * 40 + i), "P"});
        }
        const auto settings = catalogue(std::move(names));
        PermissionService service(store_, audit_, settings);
        const auto opened = service.open(*database_);
        EXPECT_EQ(opened.has_value(), round == 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, Permissions, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::permission
