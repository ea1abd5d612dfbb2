// test/support/temporary_folder.h
//
// A folder of mode 0700 that is gone at the end of the test.
#pragma once

#include "core/result.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace keystead::test {

class TemporaryFolder {
public:
    TemporaryFolder()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "keystead-test-XXXXXX").string();
        KS_ASSERT(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace keystead::test
