// test/support/vectors.h
//
// Reads test vectors: one a line, fields separated by tabs, lines with "#" left out.
#pragma once

#include <fstream>
#include <string>
#include <vector>

namespace keystead {

inline std::vector<std::vector<std::string>> read_vectors(const std::string& path)
{
    std::ifstream file(path);
    std::vector<std::vector<std::string>> lines;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) {
            continue;
        }
        std::vector<std::string> fields;
        std::size_t start = 0;
        for (std::size_t tab = line.find('\t'); tab != std::string::npos;
             tab = line.find('\t', start)) {
            fields.push_back(line.substr(start, tab - start));
            start = tab + 1;
        }
        fields.push_back(line.substr(start));
        lines.push_back(std::move(fields));
    }
    return lines;
}

} // namespace keystead
