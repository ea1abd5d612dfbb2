// agent/verbs.h
//
// The four things that keystead-sshd does. Each returns the program's exit code.
#pragma once

#include "core/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::agent {

/// "--name value" in any order, then words.
struct Arguments {
    std::vector<std::pair<std::string, std::string>> options;
    std::vector<std::string> words;

    std::optional<std::string> find(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;
    std::string value_or(std::string_view name, std::string_view preset) const;
};
/// Errors (InvalidInput): agent/arguments, for an option that is not among `known` or has no value.
Result<Arguments> parse_arguments(const std::vector<std::string>& arguments,
                                  const std::vector<std::string_view>& known);

int enroll_verb(const std::vector<std::string>& arguments);
int run_verb(const std::vector<std::string>& arguments);
int authorized_keys_verb(const std::vector<std::string>& arguments);
int session_verb(const std::vector<std::string>& arguments);

} // namespace keystead::agent
