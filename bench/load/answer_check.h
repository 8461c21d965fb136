// SPDX-License-Identifier: MIT
// Is the body of an answer a whole turn? Every event valid and of the turn that was asked, as many
// words as were expected, and one response.end, last. What is wrong is said by its kind, so that
// kinds can be counted.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::bench {

class AnswerCheck {
 public:
  // `says`: how many response.tts there must be; nothing: any number.
  explicit AnswerCheck(std::optional<std::size_t> says = {}) : expected_(says) {}

  void begin(std::string_view turn_id);

  // Reads the events that are whole in the body so far, and takes them off its front. Null where
  // all is well; otherwise the kind of fault, eg: "event_malformed".
  [[nodiscard]] const char* feed(std::string& body);
  // The answer is over; `rest` is what feed() left of it.
  [[nodiscard]] const char* finish(std::string_view rest) const;

  [[nodiscard]] std::size_t events() const { return events_; }

 private:
  [[nodiscard]] const char* line(std::string_view line);
  [[nodiscard]] const char* event(std::string_view data);

  const std::optional<std::size_t> expected_;
  std::string turn_id_;
  std::string data_;  // of the event so far
  bool has_data_ = false;
  std::size_t events_ = 0;
  std::size_t said_ = 0;
  bool ended_ = false;
};

}  // namespace patchbay::bench
