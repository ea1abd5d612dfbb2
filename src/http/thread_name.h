// http/thread_name.h
#pragma once

#include <string>

#include <pthread.h>

namespace keystead::http {

/// Names the calling thread for tools that show threads; at most 15 characters are kept.
inline void name_this_thread(const std::string& name)
{
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

} // namespace keystead::http
