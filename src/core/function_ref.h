// core/function_ref.h
//
// A view of something callable, for as long as the caller keeps it alive. Owns nothing, allocates
// nothing.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace keystead {

template <class Signature> class function_ref;

template <class R, class... Args> class function_ref<R(Args...)> {
public:
    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, function_ref> &&
             std::is_invocable_r_v<R, F&, Args...>)
        function_ref(F&& f) // NOLINT(google-explicit-constructor): a view, like string_view
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
          call_([](void* object, Args... args) -> R {
              return (*static_cast<std::remove_reference_t<F>*>(object))(
                  std::forward<Args>(args)...);
          })
    {
    }
    R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

private:
    void* object_;
    R (*call_)(void*, Args...);
};

} // namespace keystead
