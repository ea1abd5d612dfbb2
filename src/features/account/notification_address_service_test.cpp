#include "features/account/notification_address_service.h"

#include "test/support/account_world.h"

#include <gtest/gtest.h>

#include <atomic>

namespace keystead::account {
namespace {

using notify::Purpose;

class NotificationAddressTest : public testing::TestWithParam<Database::Engine> {
protected:
    Result<Address> add(std::string_view email)
    {
        return world_.database->write([&](WriteTx& tx) {
            return world_.addresses.add(tx, owner_, *EmailAddress::parse(email));
        });
    }
    Result<Spent> confirm(const std::string& token)
    {
        return world_.database->write(
            [&](WriteTx& tx) { return world_.addresses.confirm(tx, Actor{}, token); });
    }
    Result<void> remove(AddressId id)
    {
        return world_.database->write(
            [&](WriteTx& tx) { return world_.addresses.remove(tx, owner_, id); });
    }
    std::vector<ListedAddress> list()
    {
        return *world_.database->read(
            [&](ReadTx& tx) { return world_.addresses.list(tx, owner_.account); });
    }
    std::size_t told()
    {
        return world_.database
            ->read(
                [&](ReadTx& tx) { return world_.accounts.addresses_to_tell(tx, owner_.account); })
            ->size();
    }

    test::AccountWorld world_{GetParam()};
    Actor owner_ = world_.owner_of(world_.create("ada@example.com")->id);
};
INSTANTIATE_TEST_SUITE_P(Engines, NotificationAddressTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: an address counts once its owner has answered, and everybody is told
TEST_P(NotificationAddressTest, CountsOnceConfirmed)
{
    const auto added = add("second@example.com");
    ASSERT_TRUE(added);
    EXPECT_EQ(told(), 1U);
    const auto asked = world_.mails.take();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].link_path, "/notification-address/confirm");
    ASSERT_EQ(*confirm(asked[0].token), Spent::Done);
    EXPECT_EQ(told(), 2U);
    EXPECT_EQ(world_.mails.take().size(), 2U);
    EXPECT_EQ(*confirm(asked[0].token), Spent::LinkInvalid);
    ASSERT_EQ(list().size(), 2U);
    EXPECT_TRUE(list()[0].is_primary);
    EXPECT_TRUE(list()[1].address.confirmed_at);
}

// guards: the one removed hears of it; another account's is not there
TEST_P(NotificationAddressTest, IsRemovedByItsOwnerAlone)
{
    const AddressId id = add("second@example.com")->id;
    ASSERT_EQ(*confirm(world_.mails.take().at(0).token), Spent::Done);
    world_.mails.take();
    const Actor ada = owner_;
    owner_ = world_.owner_of(world_.create("eve@example.com")->id);
    EXPECT_EQ(remove(id).error().code, "account/address-not-found");
    owner_ = ada;
    ASSERT_TRUE(remove(id));
    EXPECT_EQ(world_.mails.take().size(), 2U);
    EXPECT_EQ(told(), 1U);
    EXPECT_EQ(remove(id).error().code, "account/address-not-found");
    EXPECT_EQ(remove(list()[0].address.id).error().code, "account/address-is-primary");
}

// guards: a removed address cannot be confirmed afterwards
TEST_P(NotificationAddressTest, IsNotConfirmedAfterItsRemoval)
{
    const AddressId id = add("second@example.com")->id;
    const std::string token = world_.mails.take().at(0).token;
    ASSERT_TRUE(remove(id));
    EXPECT_TRUE(world_.mails.take().empty()); // it never answered: it is told nothing more
    EXPECT_EQ(*confirm(token), Spent::LinkInvalid);
}

TEST_P(NotificationAddressTest, IsMailedAgainUntilConfirmed)
{
    const AddressId id = add("second@example.com")->id;
    const std::string first = world_.mails.take().at(0).token;
    EXPECT_EQ(add("second@example.com")->id, id);
    const std::string second = world_.mails.take().at(0).token;
    EXPECT_EQ(*confirm(first), Spent::LinkInvalid);
    EXPECT_EQ(*confirm(second), Spent::Done);
    EXPECT_EQ(add("second@example.com").error().code, "account/address-exists");
    EXPECT_EQ(add("ada@example.com").error().code, "account/address-exists");
}

// guards: ADDRESS_LIMIT: five addresses at most, however many additions race
TEST_P(NotificationAddressTest, AreAtMostFiveInARace)
{
    std::atomic<int> added = 0;
    std::atomic<int> refused = 0;
    test::race(16, [&](int i) {
        const auto outcome = add("a" + std::to_string(i) + "@example.com");
        added += outcome ? 1 : 0;
        refused += !outcome && outcome.error().code == "account/address-limit" ? 1 : 0;
    });
    EXPECT_EQ(added, kAddressesMax - 1);
    EXPECT_EQ(refused, 16 - (kAddressesMax - 1));
    EXPECT_EQ(list().size(), static_cast<std::size_t>(kAddressesMax));
}

} // namespace
} // namespace keystead::account
