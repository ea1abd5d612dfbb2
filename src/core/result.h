// core/result.h
//
// How a function says that it failed: Result<T>, Error, and the two macros that pass failures on.
// A class of ours with the members of std::expected, because the standard one is not [[nodiscard]]
// in GCC 12 and does not build with Clang 14 on libstdc++ 12.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// Ends the process on a broken invariant of ours. On in release builds too; never for input.
#define KS_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            ::keystead::assertion_failed(#condition, __FILE__, __LINE__);                          \
        }                                                                                          \
    } while (false)

#define KS_CONCAT_INNER(a, b) a##b
#define KS_CONCAT(a, b) KS_CONCAT_INNER(a, b)

/// KS_TRY(const auto x, f()) takes the value of a Result or returns its Error from this function.
#define KS_TRY(declaration, expression)                                                            \
    KS_TRY_NAMED(KS_CONCAT(ks_result_, __COUNTER__), declaration, expression)
#define KS_TRY_NAMED(result, declaration, expression)                                              \
    auto result = (expression);                                                                    \
    if (!result) {                                                                                 \
        return std::move(result).error();                                                          \
    }                                                                                              \
    declaration = *std::move(result)

/// KS_CHECK(f()) returns the Error of a Result<void> from this function.
#define KS_CHECK(expression) KS_CHECK_NAMED(KS_CONCAT(ks_check_, __COUNTER__), expression)
#define KS_CHECK_NAMED(result, expression)                                                         \
    do {                                                                                           \
        if (auto result = (expression); !result) {                                                 \
            return std::move(result).error();                                                      \
        }                                                                                          \
    } while (false)

namespace keystead {

[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line)
{
    std::fprintf(stderr, "keystead: broken invariant: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

/// What the caller can do about a failure. Add a kind only if callers would act differently.
enum class ErrorKind : std::uint8_t {
    InvalidInput,
    Unauthenticated,
    StepUpRequired,
    Forbidden,
    NotFound,
    Conflict,
    LimitReached,
    RateLimited,
    Unavailable,
    Internal,
};

/// One refused field of a request (RFC 6901 pointer into its body).
struct FieldError {
    std::string pointer;     // "/password"
    std::string_view code;   // "password/too-short"; static storage
    std::string detail = {}; // for the person at the client; never a secret
};

struct Error {
    ErrorKind kind = ErrorKind::Internal;
    std::string_view
        code; // Part of the API, in the slice's namespace: "totp/wrong-code". Static storage.
    std::string detail =
        {}; // For the person at the client. Never a secret, never text from the database.
    std::string cause = {}; // For the log only.
    std::chrono::seconds retry_after{0};
    std::vector<FieldError> fields = {};
    std::string extension =
        {}; // More members of the problem document, as `"name":json,…` without braces; or empty.
};

template <class T> class [[nodiscard]] Result {
public:
    using value_type = T;
    Result(const T& value) requires std::is_copy_constructible_v<T>
        : state_(std::in_place_index<0>, value)
    {
    }
    Result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
        : state_(std::in_place_index<0>, std::forward<U>(value))
    {
    }
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }
    T& operator*() &
    {
        KS_ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }
    const T& operator*() const&
    {
        KS_ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }
    T&& operator*() &&
    {
        KS_ASSERT(has_value());
        return std::move(*std::get_if<0>(&state_));
    }
    T* operator->() { return &**this; }
    const T* operator->() const { return &**this; }
    Error& error() &
    {
        KS_ASSERT(!has_value());
        return *std::get_if<1>(&state_);
    }
    const Error& error() const&
    {
        KS_ASSERT(!has_value());
        return *std::get_if<1>(&state_);
    }
    Error&& error() &&
    {
        KS_ASSERT(!has_value());
        return std::move(*std::get_if<1>(&state_));
    }

private:
    std::variant<T, Error> state_;
};

template <> class [[nodiscard]] Result<void> {
public:
    using value_type = void;
    Result() = default;
    Result(Error error) : error_(std::in_place_index<1>, std::move(error)) {}
    bool has_value() const { return error_.index() == 0; }
    explicit operator bool() const { return has_value(); }
    void operator*() const { KS_ASSERT(has_value()); }
    const Error& error() const&
    {
        KS_ASSERT(!has_value());
        return *std::get_if<1>(&error_);
    }
    Error&& error() &&
    {
        KS_ASSERT(!has_value());
        return std::move(*std::get_if<1>(&error_));
    }

private:
    std::variant<std::monostate, Error> error_;
};

} // namespace keystead
