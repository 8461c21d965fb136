// SPDX-License-Identifier: MIT
// What failed, why, and what to do next: errors are values. Knows nothing of where they are shown.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace patchbay {

struct Error {
  std::string code;     // for programs, never changes, eg: "signature_too_old"
  std::string message;  // for a person, names the thing that was wrong, eg: "t is 301 s old"
  std::string hint;     // what to do next, eg: "check the clock of this machine"; may be empty

  // "message (hint)": one line for a log or a terminal.
  [[nodiscard]] std::string text() const;
};

// Nothing, or why not.
using Problem = std::optional<Error>;

// A value, or why there is none. Ask before you take: value() of an error is a bug and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  const Error& error() const& { return std::get<1>(held_); }
  Error&& error() && { return std::get<1>(std::move(held_)); }

 private:
  std::variant<T, Error> held_;
};

}  // namespace patchbay
