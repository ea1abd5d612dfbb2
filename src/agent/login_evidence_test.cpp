#include "agent/login_evidence.h"

#include <gtest/gtest.h>

namespace keystead::agent {
namespace {

// guards: what a login user wrote into PAM's environment is not what pam_exec says
TEST(LoginEvidence, IsWhatPamExecSaysItself)
{
    const std::vector<std::string_view> environment = {"PAM_USER=root", "PAM_USERS=x", "PAM_TYPE",
                                                       "SSH_AUTH_INFO_0=a=b", "PAM_USER=gpu"};
    EXPECT_EQ(said_by_pam(environment, "PAM_USER"), "gpu");
    EXPECT_EQ(said_by_pam(environment, "PAM_TYPE"), "");
    EXPECT_EQ(said_by_pam(environment, "SSH_AUTH_INFO_0"), "a=b");
    EXPECT_EQ(said_by_pam({}, "PAM_USER"), "");
}

} // namespace
} // namespace keystead::agent
