// guards: addresses are placed by the built-in database and by an operator's, whatever its layout;
// nothing foreign breaks it
#include "features/place/place_service.h"

#include "core/json.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

namespace keystead::place {
namespace {

const std::string kVectors = "test/vectors/mmdb/";

std::string folder()
{
    return std::filesystem::temp_directory_path().string();
}

std::unique_ptr<PlaceService> open_vector(const std::string& name)
{
    auto service = PlaceService::open(kVectors + name, folder());
    EXPECT_TRUE(service);
    return *std::move(service);
}

Place place_of(const PlaceService& service, std::string_view address)
{
    return service.find(*IpAddress::parse(address));
}

TEST(PlaceService, KnowsCountriesOfItself)
{
    const auto service = PlaceService::open("", folder());
    ASSERT_TRUE(service);
    const Place google = place_of(**service, "8.8.8.8");
    EXPECT_EQ(google, (Place{PlaceKind::Country, "US", "United States", ""}));
    EXPECT_EQ(place_of(**service, "2001:660::1").country_code, "FR");          // RENATER
    EXPECT_EQ(place_of(**service, "193.0.6.139").country_name, "Netherlands"); // RIPE NCC
}

TEST(PlaceService, HasANameForEveryCountryOfItsDatabase)
{
    const auto service = PlaceService::open("", folder());
    ASSERT_TRUE(service);
    int placed = 0;
    for (int a = 1; a < 224; ++a) {
        for (int b = 0; b < 256; ++b) {
            const Place place = (*service)->find(IpAddress::from_v4(
                {static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b), 100, 1}));
            if (place.kind == PlaceKind::Country) {
                EXPECT_NE(place.country_code, place.country_name);
                ++placed;
            }
        }
    }
    EXPECT_GT(placed, 40'000);
}

TEST(PlaceService, CallsInsideAddressesLocal)
{
    const auto service = open_vector("GeoIP2-Country-Test.mmdb");
    for (const char* address :
         {"127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fe80::1", "fd00::1"}) {
        EXPECT_EQ(place_of(*service, address).kind, PlaceKind::Local) << address;
    }
}

TEST(PlaceService, ReadsAnOperatorsDatabases)
{
    const auto countries = open_vector("GeoIP2-Country-Test.mmdb");
    EXPECT_EQ(place_of(*countries, "2001:218::1"), (Place{PlaceKind::Country, "JP", "Japan", ""}));
    EXPECT_EQ(place_of(*countries, "81.2.69.160").country_name, "United Kingdom");
    const auto cities = open_vector("GeoIP2-City-Test.mmdb");
    EXPECT_EQ(place_of(*cities, "81.2.69.160"),
              (Place{PlaceKind::Country, "GB", "United Kingdom", "London"}));
    EXPECT_EQ(place_of(*cities, "214.0.1.7").city, "Melbourne");
}

TEST(PlaceService, DoesNotKnowWhatItsDatabaseDoesNotHave)
{
    const auto countries = open_vector("GeoIP2-Country-Test.mmdb");
    EXPECT_EQ(place_of(*countries, "8.8.8.8"), Place{});
    const auto other = open_vector("MaxMind-DB-test-decoder.mmdb"); // No countries in it.
    EXPECT_EQ(place_of(*other, "1.1.1.1"), Place{});
    const auto only_v4 = open_vector("MaxMind-DB-test-ipv4-24.mmdb");
    EXPECT_EQ(place_of(*only_v4, "2001:218::1"), Place{});
}

TEST(PlaceService, RefusesWhatIsNoDatabase)
{
    for (const std::string path :
         {"/nowhere/place.mmdb", "test/vectors/mmdb/README.md", "/dev/null"}) {
        const auto service = PlaceService::open(path, folder());
        ASSERT_FALSE(service) << path;
        EXPECT_EQ(service.error().code, "place/no-database");
    }
}

TEST(PlaceService, SurvivesDamagedDatabases)
{
    std::ifstream file(kVectors + "GeoIP2-City-Test.mmdb", std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(file), {}};
    const std::string path = folder() + "/keystead-damaged-" + std::to_string(::getpid()) + ".mmdb";
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        std::string damaged = whole;
        for (int i = 0; i < 20; ++i) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        std::ofstream(path, std::ios::binary) << damaged;
        if (const auto service = PlaceService::open(path, folder())) {
            for (const char* address : {"81.2.69.160", "214.0.1.7", "2001:218::1", "8.8.8.8"}) {
                const Place place = place_of(**service, address);
                EXPECT_EQ(place.kind == PlaceKind::Country, place.country_code.size() == 2);
            }
        }
    }
    std::filesystem::remove(path);
}

TEST(Place, IsJsonWithNullsForWhatIsNotKnown)
{
    JsonWriter json;
    write_json(json, {PlaceKind::Country, "FR", "France", ""});
    EXPECT_EQ(json.text(),
              R"({"kind":"country","country":"FR","country_name":"France","city":null})");
}

} // namespace
} // namespace keystead::place
