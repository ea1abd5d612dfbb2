// http/thread_scheduling.h
//
// How the calling thread shares the cores with others, as far as Linux lets a process without
// privileges choose: a thread that hashes steps back, an event loop asks for little and soon.
#pragma once

namespace keystead::http {

/// Takes what others leave, more or less; 0 changes nothing.
void be_nice(int nice);
/// Wants to run soon after it wakes, for a short time: then it need not wait until a thread that
/// computes for long has had its turn. Without effect before Linux 6.12.
void be_prompt();

} // namespace keystead::http
