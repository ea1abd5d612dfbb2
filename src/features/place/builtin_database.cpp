#include "features/place/builtin_database.h"

// KEYSTEAD_COUNTRY_DATABASE is the unpacked file's path, from CMakeLists.txt. The assembler copies
// it in: no compiler holds five million array elements in memory for it.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".global keystead_country_database\n"
    "keystead_country_database:\n"
    ".incbin \"" KEYSTEAD_COUNTRY_DATABASE "\"\n"
    ".global keystead_country_database_end\n"
    "keystead_country_database_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const std::byte keystead_country_database[] __attribute__((visibility("hidden")));
extern const std::byte keystead_country_database_end[] __attribute__((visibility("hidden")));
}

namespace keystead::place {

ByteView builtin_database()
{
    return {keystead_country_database, keystead_country_database_end};
}

} // namespace keystead::place
