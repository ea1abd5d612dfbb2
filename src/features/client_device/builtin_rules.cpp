#include "features/client_device/user_agent_rules.h"

// KEYSTEAD_USER_AGENT_RULES is the file's path, from CMakeLists.txt.
asm(".pushsection .rodata\n"
    ".global keystead_user_agent_rules\n"
    "keystead_user_agent_rules:\n"
    ".incbin \"" KEYSTEAD_USER_AGENT_RULES "\"\n"
    ".global keystead_user_agent_rules_end\n"
    "keystead_user_agent_rules_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char keystead_user_agent_rules[] __attribute__((visibility("hidden")));
extern const char keystead_user_agent_rules_end[] __attribute__((visibility("hidden")));
}

namespace keystead::client_device {

std::string_view builtin_rules()
{
    return {keystead_user_agent_rules, keystead_user_agent_rules_end};
}

} // namespace keystead::client_device
