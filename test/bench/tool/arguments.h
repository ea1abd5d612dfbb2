// What stands on the command line of the measuring tool: `--name value` pairs, all texts.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

namespace keystead::bench {

class Arguments {
public:
    Arguments(int count, char** values)
    {
        for (int i = 0; i + 1 < count; i += 2) {
            values_[values[i]] = values[i + 1];
        }
    }
    std::string text(const std::string& name) const
    {
        const auto found = values_.find(name);
        if (found == values_.end()) {
            std::cerr << "keystead-bench: " << name << " is missing\n";
            std::exit(2);
        }
        return found->second;
    }
    std::string text_or(const std::string& name, const std::string& otherwise) const
    {
        return values_.contains(name) ? text(name) : otherwise;
    }
    std::uint64_t number(const std::string& name) const { return std::stoull(text(name)); }
    std::uint64_t number_or(const std::string& name, std::uint64_t otherwise) const
    {
        return values_.contains(name) ? number(name) : otherwise;
    }

private:
    std::map<std::string, std::string> values_;
};

} // namespace keystead::bench
