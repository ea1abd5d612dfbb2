// guards: the tree's hashing and proofs are those of RFC 9162, and nothing that is no proof passes
// for one
#include "features/audit/merkle.h"

#include "core/encoding.h"
#include "core/json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace keystead::audit::merkle {
namespace {

const std::string kVectors = "test/vectors/merkle-proofs/";

std::string contents_of(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Digest digest_of(const Bytes& bytes)
{
    Digest digest{};
    EXPECT_EQ(bytes.size(), digest.size());
    std::ranges::copy_n(bytes.begin(),
                        static_cast<std::ptrdiff_t>(std::min(bytes.size(), digest.size())),
                        digest.begin());
    return digest;
}

/// A tree whose leaves are all in memory.
struct Forest {
    std::vector<Digest> leaves;
    Result<Digest> operator()(Node node) const
    {
        const std::size_t count = std::size_t{1} << node.level;
        return root_over(std::span(leaves).subspan(node.index * count, count));
    }
};

Forest forest_of(std::size_t size)
{
    Forest forest;
    for (std::size_t i = 0; i < size; ++i) {
        forest.leaves.push_back(leaf_hash(as_bytes("entry " + std::to_string(i))));
    }
    return forest;
}

TEST(Merkle, HasTheRootsOfTheReferenceTree)
{
    const auto file = parse_json(contents_of(kVectors + "reference-tree.json"));
    ASSERT_TRUE(file);
    const JsonArray& inputs = file->find("leaf_inputs_hex")->array();
    const JsonArray& roots = file->find("roots_hex")->array();
    ASSERT_EQ(roots.size(), inputs.size() + 1);
    Forest forest;
    for (std::size_t size = 0; size < roots.size(); ++size) {
        EXPECT_EQ(hex_encode(root_over(forest.leaves)), roots[size].string());
        EXPECT_EQ(hex_encode(*root_of(size, forest)), roots[size].string());
        if (size < inputs.size()) {
            forest.leaves.push_back(leaf_hash(*hex_decode(inputs[size].string())));
        }
    }
}

/// A hash of a vector; nothing when it does not have 32 bytes, which the callers must refuse
/// before.
std::optional<Digest> vector_digest(const JsonValue* value)
{
    if (value == nullptr || value->kind() != JsonValue::Kind::String) {
        return std::nullopt;
    }
    const auto bytes = base64_decode(value->string());
    return bytes && bytes->size() == sizeof(Digest) ? std::optional(digest_of(*bytes))
                                                    : std::nullopt;
}

std::optional<std::vector<Digest>> vector_proof(const JsonValue& proof)
{
    std::vector<Digest> hashes;
    if (proof.kind() == JsonValue::Kind::Array) {
        for (const JsonValue& item : proof.array()) {
            const auto hash = vector_digest(&item);
            if (!hash) {
                return std::nullopt;
            }
            hashes.push_back(*hash);
        }
    }
    return hashes;
}

/// Whether our verifier takes the case.
bool accepts(const JsonValue& item)
{
    const auto proof = vector_proof(*item.find("proof"));
    const auto number = [&](std::string_view name) {
        return static_cast<std::uint64_t>(item.find(name)->integer());
    };
    if (item.find("kind")->string() == "inclusion") {
        const auto leaf = vector_digest(item.find("leafHash"));
        const auto root = vector_digest(item.find("root"));
        const auto index = number("leafIdx");
        const auto size = number("treeSize");
        return proof && leaf && root && verify_inclusion(*leaf, index, size, *proof, *root);
    }
    const auto first = vector_digest(item.find("root1"));
    const auto second = vector_digest(item.find("root2"));
    return proof && first && second &&
           verify_consistency(number("size1"), *first, number("size2"), *second, *proof);
}

TEST(Merkle, JudgesProofsAsTheOtherImplementationDoes)
{
    std::istringstream lines(contents_of(kVectors + "proofs.jsonl"));
    int cases = 0;
    for (std::string line; std::getline(lines, line);) {
        // 2^64 - 1, which our JSON does not read; cast back from -1 it is the same number.
        static constexpr std::string_view kGreatest = "18446744073709551615";
        if (const auto found = line.find(kGreatest); found != std::string::npos) {
            line.replace(found, kGreatest.size(), "-1");
        }
        const auto item = parse_json(line);
        ASSERT_TRUE(item) << line;
        EXPECT_EQ(accepts(*item), !item->find("wantErr")->boolean())
            << item->find("case")->string();
        ++cases;
    }
    EXPECT_EQ(cases, 95);
}

TEST(Merkle, ProvesEveryLeafOfEverySize)
{
    const Forest forest = forest_of(40);
    for (std::uint64_t size = 1; size <= 40; ++size) {
        const Digest root = *root_of(size, forest);
        for (std::uint64_t leaf = 0; leaf < size; ++leaf) {
            auto proof = inclusion_proof(leaf, size, forest);
            ASSERT_TRUE(proof);
            EXPECT_TRUE(verify_inclusion(forest.leaves[leaf], leaf, size, *proof, root));
            EXPECT_FALSE(
                verify_inclusion(forest.leaves[leaf], (leaf + 1) % size, size, *proof, root) &&
                size > 1);
            proof->push_back(root);
            EXPECT_FALSE(verify_inclusion(forest.leaves[leaf], leaf, size, *proof, root));
        }
    }
}

TEST(Merkle, ProvesConsistencyOfEveryPairOfSizes)
{
    const Forest forest = forest_of(40);
    for (std::uint64_t second = 1; second <= 40; ++second) {
        for (std::uint64_t first = 1; first <= second; ++first) {
            const Digest first_root = *root_of(first, forest);
            const Digest second_root = *root_of(second, forest);
            auto proof = consistency_proof(first, second, forest);
            ASSERT_TRUE(proof);
            EXPECT_TRUE(verify_consistency(first, first_root, second, second_root, *proof));
            EXPECT_FALSE(
                verify_consistency(first, leaf_hash(first_root), second, second_root, *proof));
            proof->push_back(first_root);
            EXPECT_FALSE(verify_consistency(first, first_root, second, second_root, *proof));
        }
    }
}

TEST(Merkle, RefusesWhatTheTreeDoesNotHave)
{
    const Forest forest = forest_of(3);
    EXPECT_EQ(inclusion_proof(3, 3, forest).error().code, "audit/no-such-leaf");
    EXPECT_EQ(inclusion_proof(0, 0, forest).error().code, "audit/no-such-leaf");
    EXPECT_EQ(consistency_proof(0, 3, forest).error().code, "audit/no-such-leaf");
    EXPECT_EQ(consistency_proof(3, 2, forest).error().code, "audit/no-such-leaf");
}

} // namespace
} // namespace keystead::audit::merkle
